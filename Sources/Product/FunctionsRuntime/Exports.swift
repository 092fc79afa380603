// A handler's file imports one module.
@_exported public import HTTPMessages
@_exported public import HTTPServing
@_exported public import JSONCoding
