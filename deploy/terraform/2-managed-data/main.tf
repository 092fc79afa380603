# Stage 2: rows and files are managed services now; one machine does the rest. Backups of both are Azure's.

locals {
  vm_has_public_address = true

  storage_writers    = { vm = module.vm_identity.principal_id }
  package_containers = []
  deployer_addresses = []
  database_roles     = { (module.vm_identity.name) = module.vm_identity.principal_id }
}

module "setup" {
  source         = "../modules/machine-setup"
  package_url    = var.package_url
  package_sha256 = var.package_sha256
  units          = ["apus.service", "apus-backup.timer"]
  domain         = var.domain
  has_data_disk  = true
  settings       = merge({ APUS_MODELS = "extractive" }, local.sign_in_settings, local.data_settings, var.oidc_secrets)
}
