# Stage 4: secrets are in a vault, read with identities: model keys, the vector service's token, the page's certificate.

variable "certificate_name" {
  description = "Name of the certificate in the vault, e.g. page; docs/deploy-azure.md says how it gets there."
  type        = string
  default     = "page"
}

locals {
  storage_writers    = { vm = module.vm_identity.principal_id }
  package_containers = []
  deployer_addresses = []
  database_roles     = { (module.vm_identity.name) = module.vm_identity.principal_id }
  secret_readers = {
    vm      = module.vm_identity.principal_id
    gateway = module.gateway_identity.principal_id
  }
  secret_settings = { APUS_KEY_VAULT_URL = trimsuffix(module.key_vault.uri, "/") }
}

module "gateway_identity" {
  source              = "../modules/identity"
  name                = "${var.name}-gateway"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

module "gateway" {
  source                = "../modules/gateway"
  name                  = var.name
  location              = azurerm_resource_group.main.location
  resource_group_name   = azurerm_resource_group.main.name
  subnet_id             = module.network.subnet_ids["gateway"]
  domain                = var.domain
  identity_id           = module.gateway_identity.id
  certificate_secret_id = "${module.key_vault.uri}secrets/${var.certificate_name}"
  action_group_id       = module.monitoring.action_group_id
  tags                  = local.tags
}
