# One machine with Debian 12, a data disk that outlives it, and no door but the network's rules.

variable "subnet_id" {
  description = "Id of the subnet for machines."
  type        = string
}

variable "identity_id" {
  description = "Resource id of the machine's identity."
  type        = string
}

variable "admin_ssh_key" {
  description = "Public SSH key of the administrator. SSH is closed from outside; az ssh or Bastion reach it."
  type        = string
}

variable "custom_data" {
  description = "cloud-init configuration in base64."
  type        = string
}

variable "size" {
  description = "Size of the machine, e.g. Standard_B2s (2 vCPU, 4 GB)."
  type        = string
  default     = "Standard_B2s"
}

variable "disk_gb" {
  description = "Size of the data disk in GB, e.g. 64."
  type        = number
  default     = 64
}

variable "private_address" {
  description = "Fixed address inside the network, e.g. 10.40.0.4."
  type        = string
  default     = "10.40.0.4"
}

variable "has_public_address" {
  description = "Whether the machine has a public address of its own; not behind a gateway."
  type        = bool
}

variable "action_group_id" {
  description = "Id of the group that alerts tell."
  type        = string
}

resource "azurerm_public_ip" "main" {
  count               = var.has_public_address ? 1 : 0
  name                = "${var.name}-address"
  location            = var.location
  resource_group_name = var.resource_group_name
  allocation_method   = "Static"
  sku                 = "Standard"
  domain_name_label   = var.name
  tags                = var.tags
}

resource "azurerm_network_interface" "main" {
  name                = "${var.name}-nic"
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  ip_configuration {
    name                          = "main"
    subnet_id                     = var.subnet_id
    private_ip_address_allocation = "Static"
    private_ip_address            = var.private_address
    public_ip_address_id          = var.has_public_address ? azurerm_public_ip.main[0].id : null
  }
}

resource "azurerm_linux_virtual_machine" "main" {
  name                            = "${var.name}-vm"
  location                        = var.location
  resource_group_name             = var.resource_group_name
  size                            = var.size
  admin_username                  = "operator"
  disable_password_authentication = true
  network_interface_ids           = [azurerm_network_interface.main.id]
  custom_data                     = var.custom_data
  encryption_at_host_enabled      = true
  patch_mode                      = "ImageDefault"
  tags                            = var.tags

  admin_ssh_key {
    username   = "operator"
    public_key = var.admin_ssh_key
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [var.identity_id]
  }

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "StandardSSD_LRS"
  }

  source_image_reference {
    publisher = "Debian"
    offer     = "debian-12"
    sku       = "12-gen2"
    version   = "latest"
  }

  boot_diagnostics {}

  lifecycle {
    # A new version is installed on the running machine; a change here would replace it.
    ignore_changes = [custom_data, source_image_reference]
  }
}

resource "azurerm_managed_disk" "data" {
  name                          = "${var.name}-data"
  location                      = var.location
  resource_group_name           = var.resource_group_name
  storage_account_type          = "StandardSSD_LRS"
  create_option                 = "Empty"
  disk_size_gb                  = var.disk_gb
  public_network_access_enabled = false
  network_access_policy         = "DenyAll"
  tags                          = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_virtual_machine_data_disk_attachment" "data" {
  managed_disk_id    = azurerm_managed_disk.data.id
  virtual_machine_id = azurerm_linux_virtual_machine.main.id
  lun                = 0
  caching            = "ReadOnly"
}

resource "azurerm_monitor_metric_alert" "availability" {
  name                = "${var.name}-vm-available"
  resource_group_name = var.resource_group_name
  scopes              = [azurerm_linux_virtual_machine.main.id]
  description         = "The machine does not run"
  severity            = 1
  window_size         = "PT5M"
  frequency           = "PT1M"
  tags                = var.tags

  criteria {
    metric_namespace = "Microsoft.Compute/virtualMachines"
    metric_name      = "VmAvailabilityMetric"
    aggregation      = "Average"
    operator         = "LessThan"
    threshold        = 1
  }

  action {
    action_group_id = var.action_group_id
  }
}

output "private_address" {
  description = "Address inside the network."
  value       = azurerm_network_interface.main.private_ip_address
}

output "public_address" {
  description = "Public address, for the DNS record of the domain; null without one."
  value       = one(azurerm_public_ip.main[*].ip_address)
}

output "id" {
  description = "Id of the machine."
  value       = azurerm_linux_virtual_machine.main.id
}
