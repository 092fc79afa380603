# Handlers as function apps, from stage 5 on; one small machine has the page and the vectors.

variable "models" {
  description = "APUS_MODELS of the chat app, e.g. openai:gpt-4.1-mini,extractive; keys are in the vault."
  type        = string
  default     = "extractive"
}

locals {
  vm_has_public_address = true

  apps               = toset(["chat", "upload", "history", "account"])
  package_containers = [for app in local.apps : "package-${app}"]
  deployer_addresses = var.administrator_addresses
  storage_writers    = { for app in local.apps : app => module.app_identity[app].principal_id }
  message_writers    = { for app in ["chat", "history"] : app => module.app_identity[app].principal_id }
  secret_readers     = merge(local.storage_writers, { vm = module.vm_identity.principal_id })
  database_roles     = { for app in local.apps : module.app_identity[app].name => module.app_identity[app].principal_id }
  vectors_url        = "http://${module.vm.private_address}:8000"

  app_settings = merge(local.sign_in_settings, {
    APUS_KEY_VAULT_URL          = trimsuffix(module.key_vault.uri, "/")
    APUS_CHROMA_URL             = local.vectors_url
    APUS_EMBEDDINGS_URL         = "${local.vectors_url}/v1"
    APUS_EMBEDDINGS_MODEL       = "all-MiniLM-L6-v2"
    APUS_MODELS                 = var.models
    OTEL_EXPORTER_OTLP_ENDPOINT = local.vectors_url
    OTEL_METRIC_EXPORT_INTERVAL = "15000"
  })
}

module "app_identity" {
  for_each            = local.apps
  source              = "../modules/identity"
  name                = "${var.name}-${each.key}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone" "sites" {
  name                = "privatelink.azurewebsites.net"
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "sites" {
  name                  = "${var.name}-sites"
  resource_group_name   = azurerm_resource_group.main.name
  private_dns_zone_name = azurerm_private_dns_zone.sites.name
  virtual_network_id    = module.network.id
  tags                  = local.tags
}

module "app" {
  for_each                   = local.apps
  source                     = "../modules/function-app"
  name                       = var.name
  app                        = each.key
  location                   = azurerm_resource_group.main.location
  resource_group_name        = azurerm_resource_group.main.name
  identity_id                = module.app_identity[each.key].id
  identity_client_id         = module.app_identity[each.key].client_id
  identity_name              = module.app_identity[each.key].name
  functions_subnet_id        = module.network.subnet_ids["functions"]
  endpoint_subnet_id         = module.network.subnet_ids["endpoints"]
  zone_id                    = azurerm_private_dns_zone.sites.id
  blob_endpoint              = module.storage.blob_endpoint
  queue_endpoint             = module.storage.queue_endpoint
  database                   = module.postgres.connection
  settings                   = merge(local.app_settings, local.message_settings)
  insights_connection_string = module.monitoring.insights_connection_string
  tags                       = local.tags

  depends_on = [azurerm_private_dns_zone_virtual_network_link.sites]
}

module "setup" {
  source         = "../modules/machine-setup"
  package_url    = var.package_url
  package_sha256 = var.package_sha256
  units          = local.vm_units
  domain         = var.domain
  has_data_disk  = true
  shared_ports   = [8000]
  settings = {
    AZURE_CLIENT_ID    = module.vm_identity.client_id
    APUS_KEY_VAULT_URL = trimsuffix(module.key_vault.uri, "/")
    APUS_CHAT_URL      = "https://${var.name}-chat.azurewebsites.net"
    APUS_UPLOAD_URL    = "https://${var.name}-upload.azurewebsites.net"
    APUS_HISTORY_URL   = "https://${var.name}-history.azurewebsites.net"
    APUS_ACCOUNT_URL   = "https://${var.name}-account.azurewebsites.net"
  }
}

output "app_names" {
  description = "Names of the four function apps, for deploying their packages."
  value       = { for app in local.apps : app => module.app[app].name }
}
