output "public_address" {
  description = "Address that the domain's DNS record (A) has to name."
  value       = module.vm.public_address
}
