# Messages in Cosmos DB, from stage 3 on: several machines and the functions need one home for them, and the emulator is
# for one machine alone.

locals {
  message_settings = { APUS_COSMOS_ENDPOINT = trimsuffix(module.cosmos.endpoint, "/") }
}

module "cosmos" {
  source              = "../modules/cosmos"
  name                = var.name
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = module.network.subnet_ids["endpoints"]
  network_id          = module.network.id
  writers             = local.message_writers
  action_group_id     = module.monitoring.action_group_id
  tags                = local.tags
}
