# Stage 3: several machines behind a gateway, so that one can fail or be renewed while people work.

variable "certificate_file" {
  description = "PFX file with the certificate of the domain, e.g. ./docs.example.com.pfx."
  type        = string
}

variable "certificate_password" {
  description = "Password of the PFX file; give it as TF_VAR_certificate_password."
  type        = string
  sensitive   = true
}

variable "signing_keys" {
  description = "What sessions are signed with on all machines, e.g. k1: and what openssl rand -base64 32 prints; give it as TF_VAR_signing_keys. Whoever may read the machines' description sees it, until stage 4 has a vault."
  type        = string
  sensitive   = true
}

locals {
  storage_writers    = { vm = module.vm_identity.principal_id }
  package_containers = []
  deployer_addresses = []
  secret_settings    = merge({ APUS_SIGNING_KEYS = var.signing_keys }, var.oidc_secrets)
  database_roles     = { (module.vm_identity.name) = module.vm_identity.principal_id }
}

module "gateway" {
  source               = "../modules/gateway"
  name                 = var.name
  location             = azurerm_resource_group.main.location
  resource_group_name  = azurerm_resource_group.main.name
  subnet_id            = module.network.subnet_ids["gateway"]
  domain               = var.domain
  certificate_file     = var.certificate_file
  certificate_password = var.certificate_password
  action_group_id      = module.monitoring.action_group_id
  tags                 = local.tags
}
