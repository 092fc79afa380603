# Secrets that programs read with their identity. The values are put in by hand (docs/deploy-azure.md), so that no
# Terraform state ever holds them.

variable "subnet_id" {
  description = "Id of the subnet for private endpoints."
  type        = string
}

variable "network_id" {
  description = "Id of the network."
  type        = string
}

variable "readers" {
  description = "Principal ids that read secrets, by a name, e.g. { chat = \"…\" }."
  type        = map(string)
}

variable "administrator_object_id" {
  description = "Object id of the Entra group (or user) that puts secrets in."
  type        = string
}

variable "administrator_addresses" {
  description = "Public addresses from which secrets are put in, e.g. [\"198.51.100.7\"]; none closes the vault from outside."
  type        = list(string)
  default     = []
}

variable "workspace_id" {
  description = "Id of the log workspace; who read which secret goes there."
  type        = string
}

data "azurerm_client_config" "current" {}

resource "azurerm_key_vault" "main" {
  name                          = "${var.name}-vault"
  location                      = var.location
  resource_group_name           = var.resource_group_name
  tenant_id                     = data.azurerm_client_config.current.tenant_id
  sku_name                      = "standard"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = true
  soft_delete_retention_days    = 90
  public_network_access_enabled = length(var.administrator_addresses) > 0
  tags                          = var.tags

  network_acls {
    default_action = "Deny"
    bypass         = "AzureServices"
    ip_rules       = var.administrator_addresses
  }
}

resource "azurerm_role_assignment" "readers" {
  for_each             = var.readers
  scope                = azurerm_key_vault.main.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = each.value
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "administrator" {
  for_each             = toset(["Key Vault Secrets Officer", "Key Vault Certificates Officer"])
  scope                = azurerm_key_vault.main.id
  role_definition_name = each.key
  principal_id         = var.administrator_object_id
}

resource "azurerm_monitor_diagnostic_setting" "main" {
  name                       = "audit"
  target_resource_id         = azurerm_key_vault.main.id
  log_analytics_workspace_id = var.workspace_id

  enabled_log {
    category = "AuditEvent"
  }
}

module "endpoint" {
  source              = "../private-endpoint"
  name                = "${var.name}-vault"
  location            = var.location
  resource_group_name = var.resource_group_name
  resource_id         = azurerm_key_vault.main.id
  subresource         = "vault"
  zone                = "privatelink.vaultcore.azure.net"
  network_id          = var.network_id
  subnet_id           = var.subnet_id
  tags                = var.tags
}

output "name" {
  description = "Name of the vault; az keyvault secret set wants it."
  value       = azurerm_key_vault.main.name
}

output "uri" {
  description = "Address of the vault, with a final slash."
  value       = azurerm_key_vault.main.vault_uri
  depends_on  = [module.endpoint, azurerm_role_assignment.readers]
}
