# Stage 6: messages are in Cosmos DB. Nothing but the vectors is on the machine, and these can be made again.

locals {
  vm_units         = ["apus-vm.socket", "apus-vm.service"]
  vm_shared_ports  = [8000]
  message_settings = { APUS_COSMOS_ENDPOINT = trimsuffix(module.cosmos.endpoint, "/") }
}

module "cosmos" {
  source              = "../modules/cosmos"
  name                = var.name
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = module.network.subnet_ids["endpoints"]
  network_id          = module.network.id
  writers             = { for app in ["chat", "history"] : app => module.app_identity[app].principal_id }
  action_group_id     = module.monitoring.action_group_id
  tags                = local.tags
}
