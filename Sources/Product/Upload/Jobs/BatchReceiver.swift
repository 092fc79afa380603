import Catalog
import HTTPMessages
import JSONCoding
import Problems

/// Takes in the files of a batch one by one: each is accepted or refused alone, and noted with its job before the next.
actor BatchReceiver {
    let job: String
    private let uploads: UploadRoutes
    private var form: UploadForm
    private(set) var items: [JobItem] = []
    /// Why no more files are taken in; `nil` as long as they are.
    private var stop: Problem?

    /// A receiver for a job that has just begun.
    ///
    /// - Parameter form: What the address says of all files.
    init(job: String, uploads: UploadRoutes, form: UploadForm) {
        self.job = job
        self.uploads = uploads
        self.form = form
    }

    /// Takes a field of the form, which holds for the files behind it.
    ///
    /// - Throws: `InvalidFields`.
    func set(_ name: String, _ text: String) throws { try form.set(name, text) }

    /// Takes in a file.
    ///
    /// - Parameter path: The file's name, perhaps with its folders, which are no part of the document's name.
    /// - Throws: errors of the body, and of the database: the batch cannot be gone on with.
    func take(_ path: String?, _ next: @escaping @Sendable () async throws -> [UInt8]?) async throws {
        let name = path.map { String($0.split(separator: "/").last ?? "") }
        try requireRoom()
        do {
            if let stop { throw stop }
            let received = try await uploads.receive(name, form, next)
            let document = received.document
            let isWanted = try await add(
                JobItem(
                    number: items.count + 1, name: document.name, documentId: document.id, state: .waiting,
                    isDuplicate: !received.isNew, status: HTTPStatus.accepted.rawValue))
            if !isWanted {
                await uploads.intake.withdraw([received])
                stop = Problem(.conflict, "The job was cancelled.", code: "cancelled")
            }
        } catch let error where error is MultipartReader.Failure || error is HTTPBodyTooLarge {
            throw error
        } catch {
            try await refuse(path, Problem(error))
        }
    }

    /// Notes a file that cannot be taken in.
    ///
    /// - Throws: errors of the database.
    func refuse(_ path: String?, _ problem: Problem) async throws {
        if problem.status == .callerLeft { throw CancellationError() }
        // Where a store does not answer, each of the others would wait for it as long.
        if problem.status.rawValue >= 500 { stop = problem }
        let detail = problem.fields.first { $0.field != "file" && $0.detail != problem.detail }
        _ = try await add(
            JobItem(
                number: items.count + 1, name: path.map { String($0.unicodeScalars.prefix(FileName.maximumLength)) },
                documentId: nil, state: .refused, status: problem.status.rawValue, code: problem.code,
                detail: detail.map { "\(problem.detail) \($0.detail)" } ?? problem.detail))
    }

    private func requireRoom() throws {
        let most = WorkspaceCatalog.mostJobItems
        guard items.count < most else {
            throw Problem(
                .contentTooLarge,
                "A batch has at most \(most) files. What became of the first \(most), the job \(job) says; send the others as another one."
            )
        }
    }

    private func add(_ item: JobItem) async throws -> Bool {
        try requireRoom()
        let isWanted = try await uploads.intake.catalog.add(item, to: job)
        items.append(item)
        return isWanted
    }
}
