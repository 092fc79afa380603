# Files and the ingest queue, without keys and without a public door.

variable "subnet_id" {
  description = "Id of the subnet for private endpoints."
  type        = string
}

variable "network_id" {
  description = "Id of the network."
  type        = string
}

variable "package_containers" {
  description = "Containers for the packages of function apps, e.g. [\"package-chat\"]."
  type        = list(string)
  default     = []
}

variable "writers" {
  description = "Principal ids that read and write files and messages, by a name, e.g. { upload = \"…\" }."
  type        = map(string)
}

variable "deployer_addresses" {
  description = "Public addresses from which packages are put into the account, e.g. [\"198.51.100.7\"]."
  type        = list(string)
  default     = []
}

resource "azurerm_storage_account" "main" {
  name                            = "${var.name}files"
  location                        = var.location
  resource_group_name             = var.resource_group_name
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  account_kind                    = "StorageV2"
  min_tls_version                 = "TLS1_2"
  https_traffic_only_enabled      = true
  shared_access_key_enabled       = false
  default_to_oauth_authentication = true
  allow_nested_items_to_be_public = false
  public_network_access_enabled   = length(var.deployer_addresses) > 0
  tags                            = var.tags

  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices"]
    ip_rules       = var.deployer_addresses
  }

  blob_properties {
    versioning_enabled = true
    delete_retention_policy {
      days = 14
    }
    container_delete_retention_policy {
      days = 14
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_container" "documents" {
  name                  = "documents"
  storage_account_id    = azurerm_storage_account.main.id
  container_access_type = "private"
}

resource "azurerm_storage_container" "packages" {
  for_each              = toset(var.package_containers)
  name                  = each.key
  storage_account_id    = azurerm_storage_account.main.id
  container_access_type = "private"
}

resource "azurerm_storage_queue" "ingest" {
  for_each           = toset(["ingest", "ingest-poison", "jobs", "jobs-poison"])
  name               = each.key
  storage_account_id = azurerm_storage_account.main.id
}

# Old versions of files that were deleted or written again do not stay for ever.
resource "azurerm_storage_management_policy" "main" {
  storage_account_id = azurerm_storage_account.main.id

  rule {
    name    = "forget-old-versions"
    enabled = true
    filters {
      blob_types = ["blockBlob"]
    }
    actions {
      version {
        delete_after_days_since_creation = 14
      }
    }
  }
}

resource "azurerm_role_assignment" "blobs" {
  for_each             = var.writers
  scope                = azurerm_storage_account.main.id
  role_definition_name = "Storage Blob Data Owner"
  principal_id         = each.value
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "queues" {
  for_each             = var.writers
  scope                = azurerm_storage_account.main.id
  role_definition_name = "Storage Queue Data Contributor"
  principal_id         = each.value
  principal_type       = "ServicePrincipal"
}

module "endpoint" {
  for_each            = toset(["blob", "queue"])
  source              = "../private-endpoint"
  name                = "${var.name}-${each.key}"
  location            = var.location
  resource_group_name = var.resource_group_name
  resource_id         = azurerm_storage_account.main.id
  subresource         = each.key
  zone                = "privatelink.${each.key}.core.windows.net"
  network_id          = var.network_id
  subnet_id           = var.subnet_id
  tags                = var.tags
}

output "id" {
  description = "Id of the account."
  value       = azurerm_storage_account.main.id
}

output "blob_endpoint" {
  description = "Address of Blob Storage, with a final slash."
  value       = azurerm_storage_account.main.primary_blob_endpoint
  depends_on  = [module.endpoint]
}

output "queue_endpoint" {
  description = "Address of Queue Storage, with a final slash."
  value       = azurerm_storage_account.main.primary_queue_endpoint
  depends_on  = [module.endpoint]
}
