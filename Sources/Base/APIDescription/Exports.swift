// A file with descriptions imports one module.
@_exported public import HTTPMessages
@_exported public import JSONCoding
