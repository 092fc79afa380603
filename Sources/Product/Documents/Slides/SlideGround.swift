import Markup

/// What lies behind the text of slides, as far as it is plain.
struct SlideGround {
    private static let white = WordFill.colour(0xFFFFFF)

    private let package: OfficePackage
    /// Layouts and masters, which many slides share.
    private var surfaces: [String: Surface] = [:]
    private var themes: [String: XMLNode] = [:]

    init(_ package: OfficePackage) { self.package = package }

    /// The ground of a slide: its own, otherwise that of its layout, otherwise that of its master.
    ///
    /// - Throws: `ExtractionError`.
    mutating func of(_ slide: String) throws -> WordFill {
        var part = slide
        for next in ["slideLayout", "slideMaster", "theme"] {
            let seen = try surface(part, isShared: part != slide)
            // A picture or a filled shape may lie behind anything.
            if seen.hasPictures { return .unknown }
            if let ground = seen.ground {
                if ground.isNamed { return try named(ground.colour, on: seen) }
                return WordFill.colour(ground.colour).map(WordFill.colour) ?? .unknown
            }
            guard let target = seen.relations.all(next).first?.target, next != "theme" else { break }
            part = target
        }
        return Self.white
    }

    /// The colours of a slide's theme by their names, as its master maps them.
    ///
    /// - Throws: `ExtractionError`.
    mutating func colours(of slide: String) throws -> [String: UInt32] {
        var map: [String: String] = [:]
        var part = slide
        for next in ["slideLayout", "slideMaster", "theme"] {
            let seen = try surface(part, isShared: part != slide)
            if map.isEmpty { map = seen.colours }
            guard let target = seen.relations.all(next).first?.target else { break }
            part = target
        }
        guard let scheme = try theme(part)?["themeElements"]?["clrScheme"] else {
            return ["bg1": 0xFFFFFF, "lt1": 0xFFFFFF]
        }
        var colours: [String: UInt32] = [:]
        for node in scheme.children {
            guard let colour = node.children.first else { continue }
            colours[node.name] = (colour.attributes["lastClr"] ?? colour.attributes["val"]).flatMap(WordFill.colour)
        }
        for (name, usual) in [("bg1", "lt1"), ("tx1", "dk1"), ("bg2", "lt2"), ("tx2", "dk2")] {
            colours[name] = colours[map[name] ?? usual]
        }
        return colours
    }

    private mutating func theme(_ part: String) throws -> XMLNode? {
        if themes[part] == nil { themes[part] = try package.tree(part) }
        return themes[part]
    }

    private mutating func surface(_ part: String, isShared: Bool) throws -> Surface {
        if let known = surfaces[part] { return known }
        var surface = Surface()
        try package.events(part) { surface.take($0) }
        surface.relations = try package.relations(of: part)
        if isShared { surfaces[part] = surface }
        return surface
    }

    /// A colour that the master's map and the theme give.
    private mutating func named(_ name: String, on surface: Surface) throws -> WordFill {
        guard let part = surface.relations.all("theme").first?.target else { return .unknown }
        let name = surface.colours[name] ?? (name == "bg1" ? "lt1" : name)
        guard let colour = try theme(part)?["themeElements"]?["clrScheme"]?[name]?.children.first,
            let value = colour.attributes["lastClr"] ?? colour.attributes["val"]
        else { return .unknown }
        return WordFill.colour(value).map(WordFill.colour) ?? .unknown
    }

    private struct Surface {
        var hasPictures = false
        var ground: (colour: String, isNamed: Bool)?
        var colours: [String: String] = [:]
        var relations = OfficePackage.Relations()
        private var builder: XMLTreeBuilder?

        mutating func take(_ event: MarkupEvent) {
            if builder != nil {
                guard let node = builder?.take(event) else { return }
                builder = nil
                return properties(node)
            }
            guard case .start(let name, let attributes) = event else { return }
            switch name {
            case "bg", "spPr", "style":
                builder = XMLTreeBuilder()
                _ = builder?.take(event)
            case "pic": hasPictures = true
            case "clrMap", "overrideClrMapping": colours = attributes
            default: break
            }
        }

        private mutating func properties(_ node: XMLNode) {
            switch node.name {
            case "bg":
                let fill = node["bgRef"] ?? node["bgPr"]?["solidFill"]
                let colour = fill?["srgbClr"] ?? fill?["schemeClr"]
                ground = (colour?.attributes["val"] ?? "", colour?.name == "schemeClr")
            case "style":
                if let index = node["fillRef"]?.attributes["idx"], index != "0" { hasPictures = true }
            default:
                let fills = ["solidFill", "gradFill", "blipFill", "pattFill"]
                if node["prstGeom"] != nil || node["custGeom"] != nil, fills.contains(where: { node[$0] != nil }) {
                    hasPictures = true
                }
            }
        }
    }
}
