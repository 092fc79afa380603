# Machines that come and go behind the gateway. They hold nothing: files, rows, messages and vectors are elsewhere.

variable "subnet_id" {
  description = "Id of the subnet for machines."
  type        = string
}

variable "pool_id" {
  description = "Id of the gateway's pool."
  type        = string
}

variable "identity_id" {
  description = "Resource id of the machines' identity."
  type        = string
}

variable "admin_ssh_key" {
  description = "Public SSH key of the administrator."
  type        = string
}

variable "custom_data" {
  description = "cloud-init configuration in base64."
  type        = string
}

variable "size" {
  description = "Size of a machine, e.g. Standard_B2s."
  type        = string
  default     = "Standard_B2s"
}

variable "minimum" {
  description = "Fewest machines; two survive the loss of one."
  type        = number
  default     = 2
}

variable "maximum" {
  description = "Most machines that autoscaling adds up to, e.g. 6."
  type        = number
  default     = 6
}

variable "action_group_id" {
  description = "Id of the group that alerts tell."
  type        = string
}

resource "azurerm_linux_virtual_machine_scale_set" "main" {
  name                            = "${var.name}-pages"
  location                        = var.location
  resource_group_name             = var.resource_group_name
  sku                             = var.size
  instances                       = var.minimum
  admin_username                  = "operator"
  disable_password_authentication = true
  custom_data                     = var.custom_data
  encryption_at_host_enabled      = true
  upgrade_mode                    = "Rolling"
  zones                           = ["1", "2", "3"]
  zone_balance                    = true
  tags                            = var.tags

  admin_ssh_key {
    username   = "operator"
    public_key = var.admin_ssh_key
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [var.identity_id]
  }

  source_image_reference {
    publisher = "Debian"
    offer     = "debian-12"
    sku       = "12-gen2"
    version   = "latest"
  }

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "StandardSSD_LRS"
  }

  network_interface {
    name    = "main"
    primary = true

    ip_configuration {
      name                                         = "main"
      primary                                      = true
      subnet_id                                    = var.subnet_id
      application_gateway_backend_address_pool_ids = [var.pool_id]
    }
  }

  # A new version goes to one machine after the other, and stops when one does not become healthy.
  rolling_upgrade_policy {
    max_batch_instance_percent              = 34
    max_unhealthy_instance_percent          = 34
    max_unhealthy_upgraded_instance_percent = 20
    pause_time_between_batches              = "PT1M"
  }

  extension {
    name                       = "health"
    publisher                  = "Microsoft.ManagedServices"
    type                       = "ApplicationHealthLinux"
    type_handler_version       = "1.0"
    auto_upgrade_minor_version = true
    settings = jsonencode({
      protocol    = "http"
      port        = 8080
      requestPath = "/health"
    })
  }

  automatic_instance_repair {
    enabled      = true
    grace_period = "PT30M"
  }

  boot_diagnostics {}

  lifecycle {
    ignore_changes = [instances]
  }
}

resource "azurerm_monitor_autoscale_setting" "main" {
  name                = "${var.name}-pages"
  location            = var.location
  resource_group_name = var.resource_group_name
  target_resource_id  = azurerm_linux_virtual_machine_scale_set.main.id
  tags                = var.tags

  profile {
    name = "processor"

    capacity {
      default = var.minimum
      minimum = var.minimum
      maximum = var.maximum
    }

    dynamic "rule" {
      for_each = {
        Increase = { operator = "GreaterThan", threshold = 65 }
        Decrease = { operator = "LessThan", threshold = 25 }
      }
      content {
        metric_trigger {
          metric_name        = "Percentage CPU"
          metric_resource_id = azurerm_linux_virtual_machine_scale_set.main.id
          time_grain         = "PT1M"
          statistic          = "Average"
          time_window        = "PT5M"
          time_aggregation   = "Average"
          operator           = rule.value.operator
          threshold          = rule.value.threshold
        }
        scale_action {
          direction = rule.key
          type      = "ChangeCount"
          value     = "1"
          cooldown  = "PT5M"
        }
      }
    }
  }
}

resource "azurerm_monitor_metric_alert" "busy" {
  name                = "${var.name}-pages-busy"
  resource_group_name = var.resource_group_name
  scopes              = [azurerm_linux_virtual_machine_scale_set.main.id]
  description         = "The machines are busy although more were added"
  severity            = 2
  window_size         = "PT15M"
  frequency           = "PT5M"
  tags                = var.tags

  criteria {
    metric_namespace = "Microsoft.Compute/virtualMachineScaleSets"
    metric_name      = "Percentage CPU"
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = 85
  }

  action {
    action_group_id = var.action_group_id
  }
}
