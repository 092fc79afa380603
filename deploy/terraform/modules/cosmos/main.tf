# Messages in Cosmos DB, serverless: nothing is paid while nobody asks.

variable "subnet_id" {
  description = "Id of the subnet for private endpoints."
  type        = string
}

variable "network_id" {
  description = "Id of the network."
  type        = string
}

variable "writers" {
  description = "Principal ids that read and write messages, by a name, e.g. { chat = \"…\" }."
  type        = map(string)
}

variable "action_group_id" {
  description = "Id of the group that alerts tell."
  type        = string
}

resource "azurerm_cosmosdb_account" "main" {
  name                          = "${var.name}-cosmos"
  location                      = var.location
  resource_group_name           = var.resource_group_name
  offer_type                    = "Standard"
  kind                          = "GlobalDocumentDB"
  local_authentication_enabled  = false
  public_network_access_enabled = false
  minimal_tls_version           = "Tls12"
  # Settings and keys are changed through the management plane alone.
  access_key_metadata_writes_enabled = false
  tags                               = var.tags

  capabilities {
    name = "EnableServerless"
  }

  consistency_policy {
    consistency_level = "Session"
  }

  geo_location {
    location          = var.location
    failover_priority = 0
  }

  backup {
    type = "Continuous"
    tier = "Continuous7Days"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_cosmosdb_sql_database" "main" {
  name                = "apus"
  resource_group_name = var.resource_group_name
  account_name        = azurerm_cosmosdb_account.main.name
}

# Identities may not make containers, so it has to be here before the first message.
resource "azurerm_cosmosdb_sql_container" "messages" {
  name                  = "messages"
  resource_group_name   = var.resource_group_name
  account_name          = azurerm_cosmosdb_account.main.name
  database_name         = azurerm_cosmosdb_sql_database.main.name
  partition_key_paths   = ["/chatId"]
  partition_key_version = 2
}

# Cosmos DB Built-in Data Contributor
resource "azurerm_cosmosdb_sql_role_assignment" "main" {
  for_each            = var.writers
  resource_group_name = var.resource_group_name
  account_name        = azurerm_cosmosdb_account.main.name
  role_definition_id  = "${azurerm_cosmosdb_account.main.id}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000002"
  principal_id        = each.value
  scope               = "${azurerm_cosmosdb_account.main.id}/dbs/${azurerm_cosmosdb_sql_database.main.name}"
}

module "endpoint" {
  source              = "../private-endpoint"
  name                = "${var.name}-cosmos"
  location            = var.location
  resource_group_name = var.resource_group_name
  resource_id         = azurerm_cosmosdb_account.main.id
  subresource         = "Sql"
  zone                = "privatelink.documents.azure.com"
  network_id          = var.network_id
  subnet_id           = var.subnet_id
  tags                = var.tags
}

resource "azurerm_monitor_metric_alert" "throttled" {
  name                = "${var.name}-cosmos-throttled"
  resource_group_name = var.resource_group_name
  scopes              = [azurerm_cosmosdb_account.main.id]
  description         = "Cosmos DB turns requests away (429)"
  severity            = 2
  window_size         = "PT5M"
  frequency           = "PT1M"
  tags                = var.tags

  criteria {
    metric_namespace = "Microsoft.DocumentDB/databaseAccounts"
    metric_name      = "TotalRequests"
    aggregation      = "Count"
    operator         = "GreaterThan"
    threshold        = 20

    dimension {
      name     = "StatusCode"
      operator = "Include"
      values   = ["429"]
    }
  }

  action {
    action_group_id = var.action_group_id
  }
}

output "endpoint" {
  description = "Address of the account."
  value       = azurerm_cosmosdb_account.main.endpoint
  depends_on  = [module.endpoint]
}
