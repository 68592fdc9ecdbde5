using System.Reflection;
using Microsoft.SemanticKernel;

namespace Butler.Shims.Tests.SemanticKernel;

/// <summary>The stand-in's public surface is exactly the checked-in list of real members (sk-members.txt).</summary>
public sealed class SurfaceTests
{
    [Fact]
    public void Surface_OfTheStandIn_IsTheListOfRealMembers()
    {
        using var resource = typeof(SurfaceTests).Assembly.GetManifestResourceStream("sk-members.txt")!;
        using var reader = new StreamReader(resource);
        var listed = reader.ReadToEnd().Split('\n').Where(l => l.Length > 0 && l[0] != '#').ToHashSet(StringComparer.Ordinal);
        var there = Surface().ToHashSet(StringComparer.Ordinal);

        Assert.Empty(listed.Except(there));
        Assert.Empty(there.Except(listed));
    }

    private static IEnumerable<string> Surface()
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (var type in typeof(Kernel).Assembly.GetExportedTypes())
        {
            var name = type.Namespace == "Microsoft.SemanticKernel" ? type.Name : type.FullName!;
            yield return name;
            foreach (var constructor in type.GetConstructors())
            {
                yield return $"{name}({Parameters(constructor)})";
            }

            foreach (var property in type.GetProperties(Declared))
            {
                var index = property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{string.Join(", ", parameters.Select(Parameter))}]" : "";
                yield return $"{name}.{property.Name}{index} {{{(property.CanRead ? "get;" : "")}{(property.GetSetMethod() is null ? "" : "set;")}}} : {Name(property.PropertyType)}";
            }

            foreach (var method in type.GetMethods(Declared).Where(m => !m.IsSpecialName && m.Name is not ("ToString" or "GetEnumerator")))
            {
                yield return $"{name}.{method.Name}{(method.IsGenericMethod ? "<" + string.Join(", ", method.GetGenericArguments().Select(Name)) + ">" : "")}({Parameters(method)}) : {Name(method.ReturnType)}";
            }

            foreach (var field in type.GetFields(Declared))
            {
                yield return $"{name}.{field.Name}";
            }
        }
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter) => $"{(parameter.IsOut ? "out " : "")}{Name(parameter.ParameterType)} {parameter.Name}{(parameter.IsOptional ? "?" : "")}";

    private static string Name(Type type) =>
        type.IsByRef ? Name(type.GetElementType()!)
        : type.IsGenericType ? type.Name.Split('`')[0] + "<" + string.Join(", ", type.GetGenericArguments().Select(Name)) + ">"
        : type.Name;
}
