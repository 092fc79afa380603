# PostgreSQL inside the network, opened by identities alone.

variable "subnet_id" {
  description = "Id of the subnet that is delegated to PostgreSQL."
  type        = string
}

variable "network_id" {
  description = "Id of the network."
  type        = string
}

variable "administrator_object_id" {
  description = "Object id of the Entra group (or user) that administers the database, e.g. from az ad group show."
  type        = string
}

variable "administrator_name" {
  description = "Name of that group or user as Entra has it, e.g. apus-database-admins."
  type        = string
}

variable "administrator_type" {
  description = "Group, User or ServicePrincipal."
  type        = string
  default     = "Group"
}

variable "sku" {
  description = "Size, e.g. B_Standard_B1ms, or GP_Standard_D2ds_v5 with room for more connections."
  type        = string
  default     = "B_Standard_B1ms"
}

variable "action_group_id" {
  description = "Id of the group that alerts tell."
  type        = string
}

data "azurerm_client_config" "current" {}

resource "azurerm_private_dns_zone" "main" {
  name                = "${var.name}.private.postgres.database.azure.com"
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "main" {
  name                  = "${var.name}-postgres"
  resource_group_name   = var.resource_group_name
  private_dns_zone_name = azurerm_private_dns_zone.main.name
  virtual_network_id    = var.network_id
  tags                  = var.tags
}

resource "azurerm_postgresql_flexible_server" "main" {
  name                          = "${var.name}-postgres"
  location                      = var.location
  resource_group_name           = var.resource_group_name
  version                       = "16"
  sku_name                      = var.sku
  storage_mb                    = 32768
  auto_grow_enabled             = true
  backup_retention_days         = 14
  delegated_subnet_id           = var.subnet_id
  private_dns_zone_id           = azurerm_private_dns_zone.main.id
  public_network_access_enabled = false
  tags                          = var.tags

  authentication {
    active_directory_auth_enabled = true
    password_auth_enabled         = false
    tenant_id                     = data.azurerm_client_config.current.tenant_id
  }

  lifecycle {
    prevent_destroy = true
    ignore_changes  = [zone]
  }

  # Without the link the server's name does not resolve, and nobody says so.
  depends_on = [azurerm_private_dns_zone_virtual_network_link.main]
}

resource "azurerm_postgresql_flexible_server_active_directory_administrator" "main" {
  server_name         = azurerm_postgresql_flexible_server.main.name
  resource_group_name = var.resource_group_name
  tenant_id           = data.azurerm_client_config.current.tenant_id
  object_id           = var.administrator_object_id
  principal_name      = var.administrator_name
  principal_type      = var.administrator_type
}

resource "azurerm_postgresql_flexible_server_database" "main" {
  name      = "apus"
  server_id = azurerm_postgresql_flexible_server.main.id
  charset   = "UTF8"
  collation = "en_US.utf8"

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_monitor_metric_alert" "main" {
  for_each = {
    cpu_percent     = { threshold = 80, text = "The database's processor is busy" }
    storage_percent = { threshold = 85, text = "The database's disk fills up" }
    # A B1ms takes about 50 connections.
    active_connections = { threshold = 40, text = "The database has few connections left" }
  }
  name                = "${var.name}-postgres-${each.key}"
  resource_group_name = var.resource_group_name
  scopes              = [azurerm_postgresql_flexible_server.main.id]
  description         = each.value.text
  severity            = 2
  window_size         = "PT15M"
  frequency           = "PT5M"
  tags                = var.tags

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = each.key
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = each.value.threshold
  }

  action {
    action_group_id = var.action_group_id
  }
}

output "fqdn" {
  description = "Host name of the server, inside the network."
  value       = azurerm_postgresql_flexible_server.main.fqdn
}

output "connection" {
  description = "Connection string without user: everybody signs in with an identity and works as the role apus_app."
  value       = "host=${azurerm_postgresql_flexible_server.main.fqdn} port=5432 dbname=apus sslmode=verify-full options='-c role=apus_app'"
}
