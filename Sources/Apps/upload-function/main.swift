import FoundationEssentials
import FunctionsRuntime
import Upload

/// Serves the upload app's functions until the host stops the process.
func serve() async {
    let limit = UploadFunctions.maximumBodyBytes(ProcessInfo.processInfo.environment)
    await FunctionApp.run("upload", maximumBodyBytes: limit) { environment, log in
        try await UploadFunctions.make(environment: environment, log: log)
    }
}

await serve()
