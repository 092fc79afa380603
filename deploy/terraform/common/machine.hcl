# The machine with the data disk; where it is the only one, it has the public address.

module "vm" {
  source              = "../modules/vm"
  name                = var.name
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = module.network.subnet_ids["machines"]
  identity_id         = module.vm_identity.id
  admin_ssh_key       = var.admin_ssh_key
  custom_data         = module.setup.custom_data
  has_public_address  = local.vm_has_public_address
  action_group_id     = module.monitoring.action_group_id
  tags                = local.tags
}
