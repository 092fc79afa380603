import Accounts
import FunctionsRuntime

/// Serves the account app's functions until the host stops the process.
func serve() async {
    await FunctionApp.run("account") { environment, log in
        try await AccountFunctions.make(environment: environment, log: log)
    }
}

await serve()
