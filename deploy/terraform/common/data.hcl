# Managed data, from stage 2 on: PostgreSQL and Storage outlive every machine.

variable "database_admin_object_id" {
  description = "Object id of the Entra group that administers the database, e.g. from az ad group show --group NAME --query id."
  type        = string
}

variable "database_admin_name" {
  description = "Name of that group, e.g. apus-database-admins."
  type        = string
}

module "postgres" {
  source                  = "../modules/postgres"
  name                    = var.name
  location                = azurerm_resource_group.main.location
  resource_group_name     = azurerm_resource_group.main.name
  subnet_id               = module.network.subnet_ids["database"]
  network_id              = module.network.id
  administrator_object_id = var.database_admin_object_id
  administrator_name      = var.database_admin_name
  action_group_id         = module.monitoring.action_group_id
  tags                    = local.tags
}

module "storage" {
  source              = "../modules/storage"
  name                = var.name
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = module.network.subnet_ids["endpoints"]
  network_id          = module.network.id
  writers             = local.storage_writers
  package_containers  = local.package_containers
  deployer_addresses  = local.deployer_addresses
  tags                = local.tags
}

output "database_host" {
  description = "Host of the database; reachable from inside the network, for the SQL step of the guide."
  value       = module.postgres.fqdn
}

output "database_roles" {
  description = "Names and object ids of the identities that need a role in the database."
  value       = local.database_roles
}
