import Markup

/// What properties of paragraphs, runs, tables and controls change.
extension WordStory {
    // MARK: - Properties

    mutating func properties(_ node: XMLNode) throws {
        switch node.name {
        case "pPr": paragraphProperties(node)
        case "rPr": format = context.styles.format(node, in: flow.paragraphs.last?.style ?? WordStyles.Style())
        case "oMath":
            let text = OfficeFormula.text(node)
            if !isSuppressed {
                context.report.hide(OfficeFormula.hidden(node), page: context.page, how: Self.vanished)
            }
            try append(text, shift: ShiftedText.Shift.none)
        case "tblPr":
            guard let table = flow.tables.indices.last else { return }
            let style = context.styles.style(node["tblStyle"]?.attributes["val"])
            flow.tables[table].fill = WordFill(shading: node["shd"]) ?? (style.hasFills ? .unknown : nil)
        case "trPr":
            guard let table = flow.tables.indices.last else { return }
            let indent = node["gridBefore"]?.attributes["val"].flatMap(Int.init) ?? 0
            flow.tables[table].row?.indent = min(max(0, indent), OfficeTable.mostColumns)
            flow.tables[table].row?.isHidden = wordSwitch(node["hidden"]) ?? false
            guard node["del"] != nil || node["moveFrom"] != nil else { return }
            flow.tables[table].row?.isDeleted = true
            skipped = 1
        case "tcPr": cellProperties(node)
        case "sdtPr": if !controls.isEmpty { controls[controls.count - 1] = control(node) }
        case "ffData": if !fields.isEmpty { fields[fields.count - 1].form = node }
        case "sectPr": if kind == .body, flows.count == 1 { context.endSection(node) }
        default: break
        }
    }

    mutating func paragraphProperties(_ node: XMLNode) {
        guard let last = flow.paragraphs.indices.last else { return }
        let mark = node["rPr"]
        let styleId = node["pStyle"]?.attributes["val"]
        let style = context.styles.paragraph(styleId)
        let numbers = node["numPr"]
        flow.paragraphs[last].styleId = styleId
        flow.paragraphs[last].style = style
        flow.paragraphs[last].fill = WordFill(shading: node["shd"]) ?? style.fill
        flow.paragraphs[last].listId = numbers?["numId"]?.attributes["val"] ?? style.listId
        flow.paragraphs[last].listLevel = numbers?["ilvl"]?.attributes["val"].flatMap(Int.init) ?? style.listLevel
        if mark?["del"] != nil || mark?["moveFrom"] != nil {
            flow.paragraphs[last].join = .exact
        } else if context.styles.format(mark, in: style).isVanished ?? false {
            flow.paragraphs[last].join = .spaced
        }
        format = context.styles.format(nil, in: style)
        if wordSwitch(node["pageBreakBefore"]) ?? style.breaksPage ?? false { breakPage(.before) }
        if let section = node["sectPr"], kind == .body, flows.count == 1, flow.tables.isEmpty {
            endingSection = section
        }
    }

    mutating func cellProperties(_ node: XMLNode) {
        guard let table = flow.tables.indices.last, flow.tables[table].cell != nil else { return }
        let span = node["gridSpan"]?.attributes["val"].flatMap(Int.init) ?? 1
        flow.tables[table].cell?.span = min(max(1, span), OfficeTable.mostColumns)
        flow.tables[table].cell?.fill = WordFill(shading: node["shd"])
        flow.tables[table].cell?.isCovered = node["hMerge"].map { $0.attributes["val"] != "restart" } ?? false
        flow.tables[table].cell?.beginsMerge = node["vMerge"].map { $0.attributes["val"] == "restart" }
        guard node["cellDel"] != nil else { return }
        flow.tables[table].cell?.isDeleted = true
        skipped = 1
    }

    func control(_ node: XMLNode) -> Control {
        var control = Control(shown: context.shown)
        control.isPlaceholder = wordSwitch(node["showingPlcHdr"]) ?? false
        if let box = node["checkbox"] {
            let state = box["checked"].map { $0.attributes["val"] ?? "1" } ?? "0"
            control.value = ["1", "true", "on"].contains(state) ? "☒" : "☐"
        } else if let list = node["dropDownList"] ?? node["comboBox"], let value = list.attributes["lastValue"] {
            let item = list.all("listItem").first { $0.attributes["value"] == value }
            control.value = item?.attributes["displayText"] ?? value
        }
        return control
    }
}
