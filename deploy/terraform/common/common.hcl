# What every stage has: the provider, the names, the network, the identity of the machines, alerts and the budget.
# Each stage links to this file. All stages keep one state, so applying the next stage's folder grows what is there.

terraform {
  required_version = ">= 1.9"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.81"
    }
  }
  backend "azurerm" {
    key              = "apus.tfstate"
    use_azuread_auth = true
  }
}

provider "azurerm" {
  features {}
  subscription_id                = var.subscription_id
  storage_use_azuread            = true
  resource_providers_to_register = ["Microsoft.App"]
}

variable "subscription_id" {
  description = "Subscription that everything is made in, e.g. 00000000-0000-0000-0000-000000000000."
  type        = string
}

variable "name" {
  description = "Begins every name; 3 to 11 lower-case letters and digits, unique in Azure with its endings, e.g. apusacme."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9]{2,10}$", var.name))
    error_message = "The name has to be 3 to 11 lower-case letters and digits, beginning with a letter."
  }
}

variable "location" {
  description = "Azure region, e.g. westeurope. For stage 5 and later it has to offer Flex Consumption."
  type        = string
}

variable "domain" {
  description = "Host name under which people reach the page, e.g. docs.example.com. Its DNS record is yours to make."
  type        = string
}

variable "page_sources" {
  description = "Ranges of addresses that may reach the page, e.g. [\"198.51.100.0/24\"]; [] for nobody. With sign_in = none whoever is in them reads, asks and deletes everything."
  type        = list(string)
  nullable    = false
  validation {
    condition     = alltrue([for source in var.page_sources : can(cidrhost(source, 0))])
    error_message = "Each source has to be a range such as 198.51.100.0/24 or 198.51.100.7/32."
  }
}

variable "sign_in" {
  description = "How people sign in, e.g. local: names and passwords, the first administrator by a link in the log; oidc or local,oidc: by the identity providers of oidc_settings. none: nobody does, and page_sources alone says who reaches the page."
  type        = string
  default     = "local"
  validation {
    condition     = contains(["local", "oidc", "local,oidc", "none"], var.sign_in)
    error_message = "sign_in has to be local, oidc, local,oidc or none."
  }
}

variable "oidc_settings" {
  description = "Settings of identity providers but their secrets, e.g. { APUS_OIDC_ENTRA_ISSUER = \"https://login.microsoftonline.com/TENANT/v2.0\", APUS_OIDC_ENTRA_CLIENT_ID = \"…\" }."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for name in keys(var.oidc_settings) : startswith(name, "APUS_OIDC_") && !endswith(name, "_CLIENT_SECRET")])
    error_message = "Names have to begin with APUS_OIDC_; the client's secret is no setting: docs/deploy-azure.md says where it goes."
  }
}

variable "port_80_for_certificates" {
  description = "Whether everybody reaches port 80 of a machine with an address of its own, e.g. true: Caddy answers there only the challenge for its certificate, and a redirect."
  type        = bool
  default     = false
}

variable "alert_email" {
  description = "Address that alerts and budget warnings go to, e.g. ops@example.com."
  type        = string
}

variable "monthly_budget" {
  description = "Monthly budget in the billing currency; 80 % forecast and 100 % spent send a mail, e.g. 50."
  type        = number
  default     = 50
}

variable "budget_start" {
  description = "First day of the month in which the budget begins, e.g. 2026-12-01. It must not change later."
  type        = string
}

variable "admin_ssh_key" {
  description = "Public SSH key of the administrator, e.g. the content of ~/.ssh/id_ed25519.pub."
  type        = string
}

variable "package_url" {
  description = "Where machines fetch the Debian package from, e.g. https://github.com/OWNER/apus/releases/download/v0.1.0/apus-vm_0.1.0_amd64.deb."
  type        = string
}

variable "package_sha256" {
  description = "SHA-256 of the package, 64 hexadecimal digits; a package with another is not installed."
  type        = string
  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.package_sha256))
    error_message = "The checksum has to be 64 lower-case hexadecimal digits."
  }
}

variable "tags" {
  description = "Tags on everything, e.g. { team = \"search\" }."
  type        = map(string)
  default     = {}
}

locals {
  tags = merge({ product = "apus" }, var.tags)

  sign_in_settings = merge({
    APUS_SIGN_IN  = var.sign_in
    APUS_PAGE_URL = "https://${var.domain}"
  }, var.oidc_settings, var.sign_in == "none" ? { APUS_OPEN = "yes" } : {})
}

resource "azurerm_resource_group" "main" {
  name     = "${var.name}-rg"
  location = var.location
  tags     = local.tags
}

module "network" {
  source                   = "../modules/network"
  name                     = var.name
  location                 = azurerm_resource_group.main.location
  resource_group_name      = azurerm_resource_group.main.name
  page_sources             = var.page_sources
  port_80_for_certificates = var.port_80_for_certificates
  tags                     = local.tags
}

# Said by every plan in which nobody signs in.
check "sign_in" {
  assert {
    condition     = var.sign_in != "none" || alltrue([for source in var.page_sources : tonumber(split("/", source)[1]) >= 16])
    error_message = "This stage needs sign-in: page_sources lets whole networks in, and Apus asks nobody who they are. Leave out sign_in = \"none\", put an authenticating proxy before the page, or name smaller ranges."
  }
}

module "vm_identity" {
  source              = "../modules/identity"
  name                = "${var.name}-vm"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = local.tags
}

module "monitoring" {
  source              = "../modules/monitoring"
  name                = var.name
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  alert_email         = var.alert_email
  tags                = local.tags
}

module "budget" {
  source            = "../modules/budget"
  name              = var.name
  resource_group_id = azurerm_resource_group.main.id
  amount            = var.monthly_budget
  start_date        = var.budget_start
  alert_email       = var.alert_email
}

output "access" {
  description = "Who reaches the page, and what that means."
  value       = length(var.page_sources) == 0 ? "Nobody reaches the page: page_sources is empty." : "Whoever connects from ${join(", ", var.page_sources)} ${var.sign_in == "none" ? "reads, asks and deletes everything: there is no sign-in." : "reaches the page, and signs in there."}"
}

output "resource_group_name" {
  description = "Resource group that holds everything; the az commands of the guide name it."
  value       = azurerm_resource_group.main.name
}
