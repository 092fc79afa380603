variable "name" {
  description = "Begins every name, e.g. apusacme."
  type        = string
}

variable "location" {
  description = "Azure region, e.g. westeurope."
  type        = string
}

variable "resource_group_name" {
  description = "Resource group, e.g. apusacme-rg."
  type        = string
}

variable "tags" {
  description = "Tags on everything, e.g. { product = \"apus\" }."
  type        = map(string)
}

