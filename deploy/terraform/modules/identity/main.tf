# An identity of its own for each program, so that roles can be granted before it exists and survive it.

resource "azurerm_user_assigned_identity" "main" {
  name                = "${var.name}-identity"
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

output "id" {
  description = "Resource id."
  value       = azurerm_user_assigned_identity.main.id
}

output "name" {
  description = "Name, which is also the name of its PostgreSQL role."
  value       = azurerm_user_assigned_identity.main.name
}

output "client_id" {
  description = "Client id; programs ask for tokens with it."
  value       = azurerm_user_assigned_identity.main.client_id
}

output "principal_id" {
  description = "Principal id; roles are granted to it."
  value       = azurerm_user_assigned_identity.main.principal_id
}
