# Application Gateway: TLS, a web application firewall, and several machines behind one name. Answers stream through.

variable "subnet_id" {
  description = "Id of the gateway's own subnet."
  type        = string
}

variable "domain" {
  description = "Host name, e.g. docs.example.com."
  type        = string
}

variable "identity_id" {
  description = "Resource id of the identity that reads the certificate; null when the certificate is a file."
  type        = string
  default     = null
}

variable "certificate_secret_id" {
  description = "Id of the certificate's secret in the vault, without a version, e.g. https://NAME-vault.vault.azure.net/secrets/page; null for a file."
  type        = string
  default     = null
}

variable "certificate_file" {
  description = "PFX file with the certificate, e.g. ./docs.example.com.pfx; null for one in the vault."
  type        = string
  default     = null
}

variable "certificate_password" {
  description = "Password of the PFX file."
  type        = string
  default     = null
  sensitive   = true
}

variable "action_group_id" {
  description = "Id of the group that alerts tell."
  type        = string
}

locals {
  pool      = "machines"
  listeners = { http = 80, https = 443 }
  # Uploads are multipart, which has a limit of its own; other bodies are small.
  upload_limit_mb = 110
}

resource "azurerm_public_ip" "main" {
  name                = "${var.name}-gateway-address"
  location            = var.location
  resource_group_name = var.resource_group_name
  allocation_method   = "Static"
  sku                 = "Standard"
  domain_name_label   = "${var.name}-gateway"
  zones               = ["1", "2", "3"]
  tags                = var.tags
}

resource "azurerm_web_application_firewall_policy" "main" {
  name                = "${var.name}-firewall"
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  policy_settings {
    enabled = true
    # Questions quote SQL and code; look at what would be refused before switching to Prevention.
    mode                        = "Detection"
    request_body_check          = true
    request_body_enforcement    = false
    file_upload_limit_in_mb     = local.upload_limit_mb
    max_request_body_size_in_kb = 2000
  }

  managed_rules {
    managed_rule_set {
      type    = "Microsoft_DefaultRuleSet"
      version = "2.1"
    }
  }
}

resource "azurerm_application_gateway" "main" {
  name                = "${var.name}-gateway"
  location            = var.location
  resource_group_name = var.resource_group_name
  firewall_policy_id  = azurerm_web_application_firewall_policy.main.id
  http2_enabled       = true
  zones               = ["1", "2", "3"]
  tags                = var.tags

  sku {
    name = "WAF_v2"
    tier = "WAF_v2"
  }

  autoscale_configuration {
    min_capacity = 1
    max_capacity = 4
  }

  # Without this an answer would come in one piece at its end.
  global {
    request_buffering_enabled  = true
    response_buffering_enabled = false
  }

  ssl_policy {
    policy_type = "Predefined"
    policy_name = "AppGwSslPolicy20220101"
  }

  dynamic "identity" {
    for_each = var.identity_id == null ? [] : [var.identity_id]
    content {
      type         = "UserAssigned"
      identity_ids = [identity.value]
    }
  }

  gateway_ip_configuration {
    name      = "gateway"
    subnet_id = var.subnet_id
  }

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = azurerm_public_ip.main.id
  }

  dynamic "frontend_port" {
    for_each = local.listeners
    content {
      name = frontend_port.key
      port = frontend_port.value
    }
  }

  ssl_certificate {
    name                = "page"
    key_vault_secret_id = var.certificate_secret_id
    data                = var.certificate_file == null ? null : filebase64(var.certificate_file)
    password            = var.certificate_password
  }

  backend_address_pool {
    name = local.pool
  }

  backend_http_settings {
    name                  = "page"
    port                  = 8080
    protocol              = "Http"
    cookie_based_affinity = "Disabled"
    probe_name            = "health"
    # A comment line goes out every 10 seconds of silence.
    request_timeout = 60

    connection_draining {
      enabled           = true
      drain_timeout_sec = 600
    }
  }

  probe {
    name                = "health"
    protocol            = "Http"
    path                = "/health"
    host                = var.domain
    interval            = 10
    timeout             = 10
    unhealthy_threshold = 3
  }

  http_listener {
    name                           = "https"
    frontend_ip_configuration_name = "public"
    frontend_port_name             = "https"
    protocol                       = "Https"
    host_name                      = var.domain
    ssl_certificate_name           = "page"
  }

  http_listener {
    name                           = "http"
    frontend_ip_configuration_name = "public"
    frontend_port_name             = "http"
    protocol                       = "Http"
    host_name                      = var.domain
  }

  request_routing_rule {
    name                       = "page"
    rule_type                  = "Basic"
    priority                   = 100
    http_listener_name         = "https"
    backend_address_pool_name  = local.pool
    backend_http_settings_name = "page"
  }

  redirect_configuration {
    name                 = "https"
    redirect_type        = "Permanent"
    target_listener_name = "https"
    include_path         = true
    include_query_string = true
  }

  request_routing_rule {
    name                        = "https"
    rule_type                   = "Basic"
    priority                    = 200
    http_listener_name          = "http"
    redirect_configuration_name = "https"
  }
}

resource "azurerm_monitor_metric_alert" "main" {
  for_each = {
    UnhealthyHostCount          = { operator = "GreaterThan", threshold = 0, aggregation = "Average", text = "A machine behind the gateway does not answer" }
    BackendLastByteResponseTime = { operator = "GreaterThan", threshold = 60000, aggregation = "Average", text = "Answers take longer than a minute" }
    FailedRequests              = { operator = "GreaterThan", threshold = 20, aggregation = "Total", text = "Requests fail at the gateway" }
  }
  name                = "${var.name}-gateway-${each.key}"
  resource_group_name = var.resource_group_name
  scopes              = [azurerm_application_gateway.main.id]
  description         = each.value.text
  severity            = 2
  window_size         = "PT5M"
  frequency           = "PT1M"
  tags                = var.tags

  criteria {
    metric_namespace = "Microsoft.Network/applicationGateways"
    metric_name      = each.key
    aggregation      = each.value.aggregation
    operator         = each.value.operator
    threshold        = each.value.threshold
  }

  action {
    action_group_id = var.action_group_id
  }
}

output "public_address" {
  description = "Public address, for the DNS record of the domain."
  value       = azurerm_public_ip.main.ip_address
}

output "pool_id" {
  description = "Id of the pool that machines join."
  value       = one([for pool in azurerm_application_gateway.main.backend_address_pool : pool.id])
}
