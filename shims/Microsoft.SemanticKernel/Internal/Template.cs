using System.Globalization;
using System.Text;
using System.Web;

namespace Microsoft.SemanticKernel.Internal;

/// <summary>
/// Text with <c>{{$name}}</c>, <c>{{"text"}}</c> and <c>{{'text'}}</c>. What variables hold is HTML-encoded unless that variable, or the factory,
/// is trusted: a value can then neither end a message nor begin one.
/// </summary>
internal sealed class Template : IPromptTemplate
{
    private readonly List<Block> _blocks;
    private readonly HashSet<string> _trusted;
    private readonly List<(string Name, object Value)> _defaults;
    private readonly bool _trustsAll;

    public Template(PromptTemplateConfig config, bool trustsAll)
    {
        _trustsAll = trustsAll;
        _blocks = Parse(config.Template);
        _trusted = config.InputVariables.Where(v => v.AllowDangerouslySetContent).Select(v => v.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        _defaults = [.. config.InputVariables.Where(v => v.Default is not null).Select(v => (v.Name, v.Default!))];
        foreach (var name in _blocks.Where(b => b.IsVariable).Select(b => b.Text).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (!config.InputVariables.Exists(v => v.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                config.InputVariables.Add(new() { Name = name });
            }
        }
    }

    public Task<string> RenderAsync(Kernel kernel, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        cancellationToken.ThrowIfCancellationRequested();
        var prompt = new StringBuilder();
        foreach (var block in _blocks)
        {
            if (!block.IsVariable)
            {
                prompt.Append(block.Text);
                continue;
            }

            var text = Text(Value(block.Text, arguments), kernel.Culture);
            prompt.Append(_trustsAll || _trusted.Contains(block.Text) ? text : HttpUtility.HtmlEncode(text));
        }

        return Task.FromResult(prompt.ToString());
    }

    private object? Value(string name, KernelArguments? arguments)
    {
        if (arguments is not null && arguments.TryGetValue(name, out var given))
        {
            return given;
        }

        foreach (var (known, value) in _defaults)
        {
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return null;
    }

    private static string? Text(object? value, CultureInfo culture) => value switch
    {
        null => null,
        string text => text,
        IFormattable formattable => formattable.ToString(null, culture),
        _ => value.ToString(),
    };

    private static List<Block> Parse(string template)
    {
        var blocks = new List<Block>();
        var at = 0;
        while (at < template.Length)
        {
            var start = template.IndexOf("{{", at, StringComparison.Ordinal);
            if (start < 0)
            {
                break;
            }

            var end = End(template, start + 2);
            if (end < 0)
            {
                break;
            }

            // Of three braces the last two open a block: "{{{$x}}}" is a brace, a value and a brace.
            while (start + 2 < template.Length && template[start + 2] == '{')
            {
                start++;
            }

            if (start > at)
            {
                blocks.Add(new(template[at..start], false));
            }

            if (template[(start + 2)..end].Trim() is { Length: > 0 } code)
            {
                blocks.Add(Code(code));
            }
            else
            {
                // Empty braces are text.
                blocks.Add(new(template[start..(end + 2)], false));
            }

            at = end + 2;
        }

        if (at < template.Length)
        {
            blocks.Add(new(template[at..], false));
        }

        return blocks;
    }

    /// <summary>Where a block ends; braces within quotes do not count.</summary>
    private static int End(string template, int from)
    {
        var quote = '\0';
        for (var i = from; i < template.Length; i++)
        {
            var c = template[i];
            if (quote != '\0')
            {
                if (c == '\\')
                {
                    i++;
                }
                else if (c == quote)
                {
                    quote = '\0';
                }
            }
            else if (c is '"' or '\'')
            {
                quote = c;
            }
            else if (c == '}' && i + 1 < template.Length && template[i + 1] == '}')
            {
                return i;
            }
        }

        return -1;
    }

    private static Block Code(string code)
    {
        if (code[0] == '$')
        {
            var name = code[1..];
            return name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? new(name, true)
                : throw new KernelException($"The variable name '{name}' contains invalid characters. Only alphanumeric chars and underscore are allowed.");
        }

        if (code[0] is '"' or '\'')
        {
            return code.Length > 1 && code[^1] == code[0] ? new(Unescape(code[1..^1]), false)
                : throw new KernelException("A value must have single quotes or double quotes on both sides.");
        }

        throw new KernelException("Calls of functions within a template are not covered by this stand-in.");
    }

    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            plain.Append(text[i] == '\\' && i + 1 < text.Length && text[i + 1] is '\\' or '"' or '\'' ? text[++i] : text[i]);
        }

        return plain.ToString();
    }

    private readonly record struct Block(string Text, bool IsVariable);
}
