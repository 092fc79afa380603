locals {
  # What every machine needs to know to use them with its identity.
  data_settings = {
    AZURE_CLIENT_ID                      = module.vm_identity.client_id
    APUS_DATABASE_URL                    = "${module.postgres.connection} user=${module.vm_identity.name}"
    AzureWebJobsStorage__blobServiceUri  = module.storage.blob_endpoint
    AzureWebJobsStorage__queueServiceUri = module.storage.queue_endpoint
    AzureWebJobsStorage__credential      = "managedidentity"
    AzureWebJobsStorage__clientId        = module.vm_identity.client_id
  }
}
