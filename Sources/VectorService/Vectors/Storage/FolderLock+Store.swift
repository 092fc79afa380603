import SQLite

extension FolderLock {
    /// Takes a store's folder.
    ///
    /// - Throws: `VectorStorageError` that names the process which has the folder.
    convenience init(store directory: String) throws(VectorStorageError) {
        do {
            try self.init(directory)
        } catch {
            switch error {
            case .system(let code):
                throw VectorStorageError("cannot open \(directory)/lock", code)
            case .taken(let owner):
                throw VectorStorageError(
                    "\(directory) is in use by process \(owner.map { "\($0)" } ?? "(unknown)"); stop it, or choose another "
                        + "folder with --data")
            }
        }
    }
}
