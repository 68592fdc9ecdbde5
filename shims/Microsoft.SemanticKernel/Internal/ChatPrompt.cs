using System.Diagnostics.CodeAnalysis;
using System.Xml;
using Microsoft.Extensions.AI;

namespace Microsoft.SemanticKernel.Internal;

/// <summary>
/// A rendered prompt as messages: <c>&lt;message role="system"&gt;…&lt;/message&gt;</c>, with <c>&lt;text&gt;</c> within or without. A prompt without
/// such tags, or that is no XML with them, is one message of the user.
/// </summary>
internal static class ChatPrompt
{
    private static readonly XmlReaderSettings Settings = new()
    {
        ConformanceLevel = ConformanceLevel.Fragment,
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
    };

    public static List<ChatMessage> Parse(string prompt) =>
        prompt.Contains("<message", StringComparison.OrdinalIgnoreCase) && TryParse(prompt, out var messages) ? messages : [new(ChatRole.User, prompt)];

    private static bool TryParse(string prompt, [NotNullWhen(true)] out List<ChatMessage>? messages)
    {
        messages = [];
        try
        {
            using var reader = XmlReader.Create(new StringReader(prompt), Settings);
            var document = new XmlDocument { XmlResolver = null };
            var root = document.CreateElement("prompt");
            document.AppendChild(root);
            reader.Read();
            while (!reader.EOF)
            {
                if (document.ReadNode(reader) is { } node)
                {
                    root.AppendChild(node);
                }
            }

            foreach (var node in root.ChildNodes.OfType<XmlElement>())
            {
                if (node.Name.Equals("message", StringComparison.OrdinalIgnoreCase) && node.GetAttribute("role") is { Length: > 0 } role)
                {
                    messages.Add(new(Role(role), Contents(node)));
                }
            }
        }
        catch (XmlException)
        {
            messages = null;
        }

        return messages is { Count: > 0 };
    }

    private static List<AIContent> Contents(XmlElement message)
    {
        var parts = message.ChildNodes.OfType<XmlElement>().ToList();
        if (parts.Count == 0)
        {
            return [new TextContent(Text(message))];
        }

        var contents = new List<AIContent>();
        foreach (var part in parts.Where(p => p.Name.Equals("text", StringComparison.OrdinalIgnoreCase)))
        {
            contents.Add(new TextContent(Text(part)));
        }

        return contents.Count > 0 ? contents : throw new XmlException("Only text is covered by this stand-in.");
    }

    // The entities were resolved by the XML reader already; a value that was encoded as a whole comes out as it went in.
    private static string Text(XmlElement element) => element.InnerText.Trim();

    private static ChatRole Role(string role) => role.ToLowerInvariant() switch
    {
        "system" => ChatRole.System,
        "user" => ChatRole.User,
        "assistant" => ChatRole.Assistant,
        "tool" => ChatRole.Tool,
        var other => new ChatRole(other),
    };
}
