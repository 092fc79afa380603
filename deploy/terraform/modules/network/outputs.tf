output "id" {
  description = "Id of the network."
  value       = azurerm_virtual_network.main.id
}

output "subnet_ids" {
  description = "Ids of the subnets by name: machines, endpoints, database, functions, gateway."
  value       = { for name, subnet in azurerm_subnet.main : name => subnet.id }
  depends_on  = [azurerm_subnet_network_security_group_association.main]
}
