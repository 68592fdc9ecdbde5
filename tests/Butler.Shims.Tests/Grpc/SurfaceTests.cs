using System.Reflection;
using Grpc.AspNetCore.HealthChecks;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;

namespace Butler.Shims.Tests.Grpc;

/// <summary>
/// real-members.txt lists members of the real packages (compared by hand with their published API). Every public member of a
/// stand-in must be in it: what is not would compile here and fail with the real package.
/// </summary>
public sealed class SurfaceTests
{
    private static readonly HashSet<string> Real =
        [.. File.ReadLines(Path.Combine(Peers.Folder, "real-members.txt")).Where(l => l.Length > 0 && !l.StartsWith('#'))];

    [Fact]
    public void Shims_PublicMembers_AreMembersOfTheRealPackages() => Assert.Empty(Shown().Except(Real));

    [Fact]
    public void RealMembers_Listed_ExistInTheShims() => Assert.Empty(Real.Except(Shown()));

    private static IEnumerable<string> Shown() => new[] { typeof(Status), typeof(GrpcServiceOptions), typeof(GrpcChannel), typeof(GrpcHealthChecksOptions) }
        .SelectMany(type => type.Assembly.GetExportedTypes())
        .Where(type => type.Namespace != "Grpc.Health.V1")
        .SelectMany(type => Members(type).Select(member => Name(type) + member).Append(Name(type)))
        .Distinct();

    private static IEnumerable<string> Members(Type type) => typeof(Delegate).IsAssignableFrom(type) ? [] : type
        .GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .Where(member => member switch
        {
            MethodBase method => (method.IsPublic || method.IsFamily) && (!method.IsSpecialName || method.IsConstructor),
            PropertyInfo property => property.GetAccessors(true).Any(a => a.IsPublic || a.IsFamily),
            FieldInfo field => field.IsPublic && !field.IsSpecialName,
            _ => false,
        })
        .Select(member => "." + member switch
        {
            MethodBase method => (method.IsConstructor ? "ctor" : method.Name) + "(" + string.Join(",", method.GetParameters().Select(p => Name(p.ParameterType))) + ")",
            _ => member.Name,
        });

    private static string Name(Type type)
    {
        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        var name = type.DeclaringType is { } outer && !type.IsGenericParameter ? Name(outer).Split('<')[0] + "." + type.Name : type.Name;
        name = name.Split('`')[0];
        return type.IsGenericType ? name + "<" + string.Join(",", type.GetGenericArguments().Select(Name)) + ">" : name;
    }
}
