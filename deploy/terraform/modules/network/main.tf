# One network, a subnet for each kind of neighbour, and rules that let in only who has business there.

variable "page_sources" {
  description = "Ranges of addresses that reach the page, e.g. [\"198.51.100.0/24\"]; [] for nobody."
  type        = list(string)
}

variable "port_80_for_certificates" {
  description = "Whether everybody reaches port 80 of a machine with an address of its own, e.g. false."
  type        = bool
}

locals {
  subnets = {
    machines  = { prefix = "10.40.0.0/27", delegation = null }
    endpoints = { prefix = "10.40.0.32/27", delegation = null }
    database  = { prefix = "10.40.0.64/28", delegation = "Microsoft.DBforPostgreSQL/flexibleServers" }
    functions = { prefix = "10.40.0.128/26", delegation = "Microsoft.App/environments" }
    gateway   = { prefix = "10.40.1.0/24", delegation = null }
  }
}

resource "azurerm_virtual_network" "main" {
  name                = "${var.name}-network"
  location            = var.location
  resource_group_name = var.resource_group_name
  address_space       = ["10.40.0.0/16"]
  tags                = var.tags
}

resource "azurerm_subnet" "main" {
  for_each                          = local.subnets
  name                              = each.key
  resource_group_name               = var.resource_group_name
  virtual_network_name              = azurerm_virtual_network.main.name
  address_prefixes                  = [each.value.prefix]
  private_endpoint_network_policies = each.key == "endpoints" ? "Enabled" : "Disabled"

  dynamic "delegation" {
    for_each = each.value.delegation == null ? [] : [each.value.delegation]
    content {
      name = "service"
      service_delegation {
        name    = delegation.value
        actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
      }
    }
  }
}

resource "azurerm_network_security_group" "machines" {
  name                = "${var.name}-machines"
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

resource "azurerm_network_security_rule" "machines" {
  for_each = {
    for name, rule in {
      # The page, where the machine itself has the public address; with a gateway nothing reaches it from outside.
      web         = { priority = 100, sources = var.page_sources, ports = ["80", "443"] }
      certificate = { priority = 105, sources = var.port_80_for_certificates ? ["0.0.0.0/0"] : [], ports = ["80"] }
      gateway     = { priority = 110, sources = [local.subnets.gateway.prefix], ports = ["8080"] }
      functions   = { priority = 120, sources = [local.subnets.functions.prefix], ports = ["8000"] }
      machines    = { priority = 130, sources = [local.subnets.machines.prefix], ports = ["8000"] }
    } : name => rule if length(rule.sources) > 0
  }
  name                        = each.key
  resource_group_name         = var.resource_group_name
  network_security_group_name = azurerm_network_security_group.machines.name
  priority                    = each.value.priority
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_address_prefixes     = each.value.sources
  source_port_range           = "*"
  destination_address_prefix  = "*"
  destination_port_ranges     = each.value.ports
}

resource "azurerm_network_security_rule" "deny" {
  name                        = "deny"
  resource_group_name         = var.resource_group_name
  network_security_group_name = azurerm_network_security_group.machines.name
  priority                    = 4000
  direction                   = "Inbound"
  access                      = "Deny"
  protocol                    = "*"
  source_address_prefix       = "*"
  source_port_range           = "*"
  destination_address_prefix  = "*"
  destination_port_range      = "*"
}

resource "azurerm_network_security_group" "gateway" {
  name                = "${var.name}-gateway"
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  dynamic "security_rule" {
    for_each = length(var.page_sources) > 0 ? ["web"] : []
    content {
      name                       = security_rule.value
      priority                   = 100
      direction                  = "Inbound"
      access                     = "Allow"
      protocol                   = "Tcp"
      source_address_prefixes    = var.page_sources
      source_port_range          = "*"
      destination_address_prefix = "*"
      destination_port_ranges    = ["80", "443"]
    }
  }

  # Without these two an Application Gateway does not work.
  security_rule {
    name                       = "manager"
    priority                   = 110
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "GatewayManager"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "65200-65535"
  }

  security_rule {
    name                       = "balancer"
    priority                   = 120
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = "AzureLoadBalancer"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_network_security_group" "inside" {
  name                = "${var.name}-inside"
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  security_rule {
    name                       = "network"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "VirtualNetwork"
    source_port_range          = "*"
    destination_address_prefix = "VirtualNetwork"
    destination_port_ranges    = ["443", "5432"]
  }

  security_rule {
    name                       = "deny"
    priority                   = 4000
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_subnet_network_security_group_association" "main" {
  for_each = {
    machines  = azurerm_network_security_group.machines.id
    gateway   = azurerm_network_security_group.gateway.id
    endpoints = azurerm_network_security_group.inside.id
    database  = azurerm_network_security_group.inside.id
    functions = azurerm_network_security_group.inside.id
  }
  subnet_id                 = azurerm_subnet.main[each.key].id
  network_security_group_id = each.value
}
