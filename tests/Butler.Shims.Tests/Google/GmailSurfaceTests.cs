using System.Reflection;
using Google.Apis.Gmail.v1;

namespace Butler.Shims.Tests.Google;

/// <summary>
/// The stand-in's public surface is exactly the checked-in list of real members (gmail-members.txt), so that code written
/// against it compiles against the generated library too.
/// </summary>
public class GmailSurfaceTests
{
    [Fact]
    public void Surface_OfTheStandIn_IsTheListOfRealMembers()
    {
        using var resource = typeof(GmailSurfaceTests).Assembly.GetManifestResourceStream("gmail-members.txt")!;
        using var reader = new StreamReader(resource);
        var listed = reader.ReadToEnd().Split('\n').Where(l => l.Length > 0 && l[0] != '#').ToHashSet(StringComparer.Ordinal);
        var there = Surface().ToHashSet(StringComparer.Ordinal);

        Assert.Empty(listed.Except(there));
        Assert.Empty(there.Except(listed));
    }

    private static IEnumerable<string> Surface()
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (var type in typeof(GmailService).Assembly.GetExportedTypes())
        {
            yield return $"{Name(type)} : {(type.IsEnum ? "enum" : Name(type.BaseType!))}";
            foreach (var constructor in type.GetConstructors().Where(c => c.GetParameters().Length > 0))
            {
                yield return $"{Name(type)}({Parameters(constructor)})";
            }

            foreach (var property in type.GetProperties(Declared))
            {
                yield return $"{Name(type)}.{property.Name} {{{(property.CanRead ? "get;" : "")}{(property.GetSetMethod() is null ? "" : "set;")}}} : {Name(property.PropertyType)}";
            }

            foreach (var method in type.GetMethods(Declared).Where(m => !m.IsSpecialName))
            {
                yield return $"{Name(type)}.{method.Name}({Parameters(method)}) : {Name(method.ReturnType)}";
            }

            foreach (var field in type.GetFields(Declared).Where(f => !f.IsSpecialName))
            {
                yield return $"{Name(type)}.{field.Name} = {(field.IsLiteral ? field.GetRawConstantValue() : field.GetValue(null))}";
            }
        }
    }

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(p => $"{Name(p.ParameterType)} {p.Name}"));

    private static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Name(inner) + "?";
        }

        if (type.IsGenericType)
        {
            return type.Name.Split('`')[0] + "<" + string.Join(", ", type.GetGenericArguments().Select(Name)) + ">";
        }

        return type.IsNested && !type.IsGenericParameter && type.Assembly == typeof(GmailService).Assembly ? $"{Name(type.DeclaringType!)}.{type.Name}"
            : type.Namespace == "Google.Apis.Gmail.v1.Data" ? "Data." + type.Name : type.Name;
    }
}
