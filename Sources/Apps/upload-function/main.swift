import FunctionsRuntime
import ProgramSupport
import Upload

/// Serves the upload app's functions until the host stops the process.
func serve() async {
    let limit = UploadFunctions.maximumBodyBytes(ProgramLife.environment)
    await FunctionApp.run("upload", maximumBodyBytes: limit) { environment, log in
        try await UploadFunctions.make(environment: environment, log: log)
    }
}

await serve()
