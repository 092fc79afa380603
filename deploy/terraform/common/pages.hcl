# Several machines behind a gateway (stages 3 and 4). The vectors need one home: the machine with the disk.

module "pages_setup" {
  source         = "../modules/machine-setup"
  package_url    = var.package_url
  package_sha256 = var.package_sha256
  units          = ["apus.service"]
  settings = merge(local.data_settings, local.message_settings, local.secret_settings, local.sign_in_settings, {
    APUS_MODELS         = "extractive"
    APUS_LISTEN_ADDRESS = "0.0.0.0"
    APUS_ALLOWED_HOSTS  = var.domain
    APUS_CHROMA_URL     = "http://${module.vm.private_address}:8000"
    APUS_EMBEDDINGS_URL = "http://${module.vm.private_address}:8000/v1"
  })
}

module "setup" {
  source         = "../modules/machine-setup"
  package_url    = var.package_url
  package_sha256 = var.package_sha256
  units          = ["apus.service", "apus-backup.timer"]
  has_data_disk  = true
  shared_ports   = [8000]
  settings = merge(
    { APUS_MODELS = "extractive" }, local.sign_in_settings, local.data_settings, local.message_settings, local.secret_settings
  )
}

locals {
  vm_has_public_address = false
  message_writers       = { vm = module.vm_identity.principal_id }
}

module "scale_set" {
  source              = "../modules/scale-set"
  name                = var.name
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  subnet_id           = module.network.subnet_ids["machines"]
  pool_id             = module.gateway.pool_id
  identity_id         = module.vm_identity.id
  admin_ssh_key       = var.admin_ssh_key
  custom_data         = module.pages_setup.custom_data
  action_group_id     = module.monitoring.action_group_id
  tags                = local.tags
}

# Machines without a public address still fetch packages and ask language models.
resource "azurerm_public_ip" "outbound" {
  name                = "${var.name}-outbound"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  allocation_method   = "Static"
  sku                 = "Standard"
  tags                = local.tags
}

resource "azurerm_nat_gateway" "main" {
  name                = "${var.name}-outbound"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  sku_name            = "Standard"
  tags                = local.tags
}

resource "azurerm_nat_gateway_public_ip_association" "main" {
  nat_gateway_id       = azurerm_nat_gateway.main.id
  public_ip_address_id = azurerm_public_ip.outbound.id
}

resource "azurerm_subnet_nat_gateway_association" "machines" {
  subnet_id      = module.network.subnet_ids["machines"]
  nat_gateway_id = azurerm_nat_gateway.main.id
}

output "public_address" {
  description = "Address that the domain's DNS record (A) has to name."
  value       = module.gateway.public_address
}
