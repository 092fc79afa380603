# Gives a service an address inside the network; its public name leads there for whoever is inside.

variable "resource_id" {
  description = "Id of the service, e.g. that of a key vault."
  type        = string
}

variable "subresource" {
  description = "Part of the service, e.g. blob, queue, Sql, vault, sites."
  type        = string
}

variable "zone" {
  description = "Private DNS zone of the service, e.g. privatelink.blob.core.windows.net."
  type        = string
}

variable "network_id" {
  description = "Id of the network."
  type        = string
}

variable "subnet_id" {
  description = "Id of the subnet for endpoints."
  type        = string
}

resource "azurerm_private_dns_zone" "main" {
  name                = var.zone
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "main" {
  name                  = var.name
  resource_group_name   = var.resource_group_name
  private_dns_zone_name = azurerm_private_dns_zone.main.name
  virtual_network_id    = var.network_id
  tags                  = var.tags
}

resource "azurerm_private_endpoint" "main" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  subnet_id           = var.subnet_id
  tags                = var.tags

  private_service_connection {
    name                           = var.name
    private_connection_resource_id = var.resource_id
    subresource_names              = [var.subresource]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [azurerm_private_dns_zone.main.id]
  }
}

output "zone_id" {
  description = "Id of the private DNS zone."
  value       = azurerm_private_dns_zone.main.id
  depends_on  = [azurerm_private_endpoint.main]
}
