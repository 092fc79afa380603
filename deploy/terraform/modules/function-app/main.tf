# One function app on Flex Consumption: its plan, its settings, its door for the machine that passes requests on.

variable "app" {
  description = "chat, upload, history or account."
  type        = string
  validation {
    condition     = contains(["chat", "upload", "history", "account"], var.app)
    error_message = "The app has to be chat, upload, history or account."
  }
}

variable "identity_id" {
  description = "Resource id of the app's identity."
  type        = string
}

variable "identity_client_id" {
  description = "Client id of the app's identity."
  type        = string
}

variable "identity_name" {
  description = "Name of the app's identity, which is its PostgreSQL role."
  type        = string
}

variable "functions_subnet_id" {
  description = "Id of the subnet that is delegated to function apps."
  type        = string
}

variable "endpoint_subnet_id" {
  description = "Id of the subnet for private endpoints."
  type        = string
}

variable "zone_id" {
  description = "Id of the private DNS zone privatelink.azurewebsites.net."
  type        = string
}

variable "blob_endpoint" {
  description = "Address of Blob Storage, with a final slash."
  type        = string
}

variable "queue_endpoint" {
  description = "Address of Queue Storage, with a final slash."
  type        = string
}

variable "database" {
  description = "PostgreSQL connection string without user."
  type        = string
}

variable "settings" {
  description = "Further settings, e.g. { APUS_CHROMA_URL = \"http://10.40.0.4:8000\" }. Secrets belong into the vault."
  type        = map(string)
}

variable "insights_connection_string" {
  description = "Connection string of Application Insights."
  type        = string
  sensitive   = true
}

variable "memory_mb" {
  description = "Memory of an instance: 512, 2048 or 4096."
  type        = number
  default     = 2048
}

variable "maximum_instances" {
  description = "Most instances. Times 8 connections they have to fit the database: a B1ms takes about 50."
  type        = number
  default     = 40
}

variable "http_concurrency" {
  description = "Requests that an instance answers at a time; a streaming answer counts for its whole length, e.g. 32."
  type        = number
  default     = 32
}

variable "public_access" {
  description = "Whether the app can be reached from outside the network, which deploying from a hosted runner needs."
  type        = bool
  default     = true
}

variable "caller_address" {
  description = "The only public address that may call the app, in CIDR form, e.g. 203.0.113.10/32; null for none."
  type        = string
  default     = null
}

resource "azurerm_service_plan" "main" {
  name                = "${var.name}-${var.app}-plan"
  location            = var.location
  resource_group_name = var.resource_group_name
  os_type             = "Linux"
  sku_name            = "FC1"
  tags                = var.tags
}

resource "azurerm_function_app_flex_consumption" "main" {
  # The app's name comes first: apps that share a storage account have to differ within 32 characters.
  name                = "${var.name}-${var.app}"
  location            = var.location
  resource_group_name = var.resource_group_name
  service_plan_id     = azurerm_service_plan.main.id

  # The service takes any version, and an app with a wrong one never starts: see docs/deploy-azure.md.
  runtime_name    = "custom"
  runtime_version = "1.0"

  storage_container_type            = "blobContainer"
  storage_container_endpoint        = "${var.blob_endpoint}package-${var.app}"
  storage_authentication_type       = "UserAssignedIdentity"
  storage_user_assigned_identity_id = var.identity_id

  instance_memory_in_mb         = var.memory_mb
  maximum_instance_count        = var.maximum_instances
  http_concurrency              = var.http_concurrency
  https_only                    = true
  public_network_access_enabled = var.public_access
  virtual_network_subnet_id     = var.functions_subnet_id
  tags                          = var.tags

  webdeploy_publish_basic_authentication_enabled = false

  identity {
    type         = "UserAssigned"
    identity_ids = [var.identity_id]
  }

  site_config {
    application_insights_connection_string = var.insights_connection_string
    minimum_tls_version                    = "1.2"
    ip_restriction_default_action          = "Deny"
    # Whoever deploys signs in with an identity; the runner's address is not known.
    scm_ip_restriction_default_action = "Allow"

    dynamic "ip_restriction" {
      for_each = var.caller_address == null ? [] : [var.caller_address]
      content {
        name       = "caller"
        priority   = 100
        action     = "Allow"
        ip_address = ip_restriction.value
      }
    }
  }

  app_settings = merge({
    # The provider writes a connection string with an empty key itself unless it is given here.
    "AzureWebJobsStorage"                  = ""
    "AzureWebJobsStorage__blobServiceUri"  = var.blob_endpoint
    "AzureWebJobsStorage__queueServiceUri" = var.queue_endpoint
    "AzureWebJobsStorage__credential"      = "managedidentity"
    "AzureWebJobsStorage__clientId"        = var.identity_client_id
    "AZURE_CLIENT_ID"                      = var.identity_client_id
    "APUS_DATABASE_URL"                    = "${var.database} user=${var.identity_name}"
    "OTEL_SERVICE_NAME"                    = "apus-${var.app}"
  }, var.settings)
}

resource "azurerm_private_endpoint" "main" {
  name                = "${var.name}-${var.app}"
  location            = var.location
  resource_group_name = var.resource_group_name
  subnet_id           = var.endpoint_subnet_id
  tags                = var.tags

  private_service_connection {
    name                           = "${var.name}-${var.app}"
    private_connection_resource_id = azurerm_function_app_flex_consumption.main.id
    subresource_names              = ["sites"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [var.zone_id]
  }
}

output "name" {
  description = "Name of the app; deploying names it."
  value       = azurerm_function_app_flex_consumption.main.name
}

output "id" {
  description = "Id of the app."
  value       = azurerm_function_app_flex_consumption.main.id
}

output "url" {
  description = "Address of the app."
  value       = "https://${azurerm_function_app_flex_consumption.main.default_hostname}"
}
