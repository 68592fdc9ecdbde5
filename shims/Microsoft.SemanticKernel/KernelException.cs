namespace Microsoft.SemanticKernel;

/// <summary>A prompt, a plugin or a kernel is not usable.</summary>
public class KernelException : Exception
{
    /// <summary>Without a message.</summary>
    public KernelException()
    {
    }

    /// <summary>With a message.</summary>
    public KernelException(string? message)
        : base(message)
    {
    }

    /// <summary>With a message and what led to it.</summary>
    public KernelException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>An invocation was cancelled.</summary>
public sealed class KernelFunctionCanceledException : OperationCanceledException
{
    /// <summary>What was invoked, and what ended it.</summary>
    public KernelFunctionCanceledException(Kernel kernel, KernelFunction function, KernelArguments arguments, FunctionResult? functionResult, Exception? innerException = null)
        : base($"The invocation of function '{function.Name}' was canceled.", innerException, (innerException as OperationCanceledException)?.CancellationToken ?? default) =>
        (Kernel, Function, Arguments, FunctionResult) = (kernel, function, arguments, functionResult);

    /// <summary>The kernel.</summary>
    public Kernel Kernel { get; }

    /// <summary>The function.</summary>
    public KernelFunction Function { get; }

    /// <summary>Its arguments.</summary>
    public KernelArguments Arguments { get; }

    /// <summary>Its result, when it was cancelled after it had one.</summary>
    public FunctionResult? FunctionResult { get; }
}
