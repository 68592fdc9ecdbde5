using System.Globalization;
using Microsoft.Extensions.AI;

namespace Microsoft.SemanticKernel;

/// <summary>What a function gave.</summary>
public sealed class FunctionResult
{
    private readonly object? _value;

    /// <summary>A result of a function.</summary>
    public FunctionResult(KernelFunction function, object? value = null, CultureInfo? culture = null, IReadOnlyDictionary<string, object?>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        (Function, _value, Culture, Metadata) = (function, value, culture ?? CultureInfo.InvariantCulture, metadata);
    }

    /// <summary>The function that was invoked.</summary>
    public KernelFunction Function { get; }

    /// <summary>More about it, if the service said more.</summary>
    public IReadOnlyDictionary<string, object?>? Metadata { get; }

    /// <summary>The value's type.</summary>
    public Type? ValueType => _value?.GetType();

    /// <summary>The prompt as the service got it.</summary>
    public string? RenderedPrompt { get; internal init; }

    /// <summary>How the value is written.</summary>
    public CultureInfo Culture { get; }

    /// <summary>
    /// The value: of a prompt, the text as <see cref="string"/>, or all of it as <see cref="ChatResponse"/>, its last <see cref="ChatMessage"/>
    /// or <see cref="UsageDetails"/>.
    /// </summary>
    /// <exception cref="InvalidCastException">It is of another type.</exception>
    public T? GetValue<T>()
    {
        switch (_value)
        {
            case null:
                return default;
            case T typed:
                return typed;
            case ChatResponse response:
                if (typeof(T) == typeof(string))
                {
                    return (T?)(object?)response.Text;
                }

                if (typeof(T) == typeof(ChatMessage) && response.Messages.Count > 0)
                {
                    return (T?)(object?)response.Messages[^1];
                }

                if (response.Usage is T usage)
                {
                    return usage;
                }

                break;
        }

        throw new InvalidCastException($"Cannot cast {_value.GetType()} to {typeof(T)}");
    }

    /// <summary>The value as text.</summary>
    public override string ToString() => _value switch
    {
        null => "",
        ChatResponse response => response.Text,
        IFormattable formattable => formattable.ToString(null, Culture),
        _ => _value.ToString() ?? "",
    };
}
