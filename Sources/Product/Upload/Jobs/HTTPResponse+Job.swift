import Catalog
import HTTPMessages
import JSONCoding

extension HTTPResponse {
    /// A job, with the address at which it can be asked for.
    ///
    /// - Parameter json: What is answered in place of the job alone.
    init(_ status: HTTPStatus, job: JobRecord, json: JSONValue? = nil) {
        self.init(
            status, fields: ["Content-Type": "application/json", "Location": "/api/jobs/\(job.id)"],
            body: .bytes((json ?? job.json).encoded))
    }
}
