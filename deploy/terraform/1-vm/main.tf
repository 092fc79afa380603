# Stage 1: everything on one machine, with a certificate of its own. For a small team this is all there needs to be.

locals {
  vm_has_public_address = true
}

module "setup" {
  source         = "../modules/machine-setup"
  package_url    = var.package_url
  package_sha256 = var.package_sha256
  units          = ["apus.service", "apus-backup.timer"]
  domain         = var.domain
  has_data_disk  = true
  settings       = merge({ APUS_MODELS = "extractive" }, local.sign_in_settings, var.oidc_secrets)
}
