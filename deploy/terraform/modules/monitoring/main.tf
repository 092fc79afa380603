# Logs in one workspace with a daily limit, and whom to tell.

variable "alert_email" {
  description = "Address that alerts go to, e.g. ops@example.com."
  type        = string
}

variable "daily_quota_gb" {
  description = "Most logs a day in GB; what is beyond is dropped, e.g. 1."
  type        = number
  default     = 1
}

resource "azurerm_log_analytics_workspace" "main" {
  name                = "${var.name}-logs"
  location            = var.location
  resource_group_name = var.resource_group_name
  sku                 = "PerGB2018"
  retention_in_days   = 30
  daily_quota_gb      = var.daily_quota_gb
  tags                = var.tags
}

resource "azurerm_application_insights" "main" {
  name                = "${var.name}-insights"
  location            = var.location
  resource_group_name = var.resource_group_name
  workspace_id        = azurerm_log_analytics_workspace.main.id
  application_type    = "other"
  tags                = var.tags
}

resource "azurerm_monitor_action_group" "main" {
  name                = "${var.name}-alerts"
  resource_group_name = var.resource_group_name
  short_name          = "apus"
  tags                = var.tags

  email_receiver {
    name                    = "operator"
    email_address           = var.alert_email
    use_common_alert_schema = true
  }
}

output "workspace_id" {
  description = "Id of the log workspace."
  value       = azurerm_log_analytics_workspace.main.id
}

output "insights_connection_string" {
  description = "Connection string of Application Insights; it names where to send, and opens nothing."
  value       = azurerm_application_insights.main.connection_string
  sensitive   = true
}

output "action_group_id" {
  description = "Id of the group that alerts tell."
  value       = azurerm_monitor_action_group.main.id
}
