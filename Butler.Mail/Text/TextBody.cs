namespace Butler.Mail;

/// <summary>The text of a body before it is split.</summary>
/// <param name="Text">The text, lines ending in \n.</param>
/// <param name="Kinds">Whose each line is where the HTML said so; null where only the words can tell.</param>
/// <param name="FromHtml">Whether an HTML part holds it.</param>
/// <param name="WasCut">Whether a limit left some of it out.</param>
internal readonly record struct TextBody(string Text, LineKind[]? Kinds, bool FromHtml, bool WasCut);
