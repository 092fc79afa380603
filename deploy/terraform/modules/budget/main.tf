# Tells when money goes faster than meant. It stops nothing.

variable "name" {
  description = "Begins every name, e.g. apusacme."
  type        = string
}

variable "resource_group_id" {
  description = "Id of the resource group whose cost counts."
  type        = string
}

variable "amount" {
  description = "Monthly amount in the billing currency, e.g. 50."
  type        = number
}

variable "start_date" {
  description = "First of a month, e.g. 2026-12-01."
  type        = string
  validation {
    condition     = can(regex("^[0-9]{4}-[0-9]{2}-01$", var.start_date))
    error_message = "The budget has to begin on the first of a month, e.g. 2026-12-01."
  }
}

variable "alert_email" {
  description = "Address that is told, e.g. ops@example.com."
  type        = string
}

resource "azurerm_consumption_budget_resource_group" "main" {
  name              = "${var.name}-budget"
  resource_group_id = var.resource_group_id
  amount            = var.amount
  time_grain        = "Monthly"

  time_period {
    start_date = "${var.start_date}T00:00:00Z"
  }

  notification {
    threshold      = 80
    operator       = "GreaterThan"
    threshold_type = "Forecasted"
    contact_emails = [var.alert_email]
  }

  notification {
    threshold      = 100
    operator       = "GreaterThan"
    threshold_type = "Actual"
    contact_emails = [var.alert_email]
  }
}
