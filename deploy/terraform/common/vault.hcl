# The vault, from stage 4 on.

variable "administrator_addresses" {
  description = "Public addresses from which secrets are put into the vault and packages into storage, e.g. [\"198.51.100.7\"]."
  type        = list(string)
  default     = []
}

module "key_vault" {
  source                  = "../modules/key-vault"
  name                    = var.name
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  subnet_id               = module.network.subnet_ids["endpoints"]
  network_id              = module.network.id
  readers                 = local.secret_readers
  administrator_object_id = var.database_admin_object_id
  administrator_addresses = var.administrator_addresses
  workspace_id            = module.monitoring.workspace_id
  tags                    = local.tags
}

output "vault_name" {
  description = "Name of the vault that secrets are put into."
  value       = module.key_vault.name
}
