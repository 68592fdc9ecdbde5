using System.Security.Claims;
using Butler.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http;

namespace Butler.ServiceDefaults.Access;

/// <summary>Who is asking.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Role">member, family or admin.</param>
/// <param name="FamilyId">The family, if any.</param>
public sealed record Caller(Guid UserId, string Role, Guid? FamilyId)
{
    private const string UserClaim = "sub";
    private const string RoleClaim = "role";
    private const string FamilyClaim = "family";

    /// <summary>Whether the caller reads everything and manages accounts.</summary>
    public bool IsAdmin => Role == "admin";

    /// <summary>The caller of a request; 401 without one.</summary>
    /// <param name="context">The request.</param>
    public static Caller Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return TryOf(context.User) ?? throw ApiErrors.Unauthorized();
    }

    /// <summary>The caller behind a principal, or null for an anonymous one.</summary>
    /// <param name="principal">The principal.</param>
    public static Caller? TryOf(ClaimsPrincipal principal)
    {
        ArgumentNullException.ThrowIfNull(principal);
        return Guid.TryParse(principal.FindFirstValue(UserClaim), out var user)
            ? new(user, principal.FindFirstValue(RoleClaim) ?? "member", Guid.TryParse(principal.FindFirstValue(FamilyClaim), out var family) ? family : null)
            : null;
    }

    internal ClaimsPrincipal ToPrincipal(string scheme)
    {
        var claims = new List<Claim> { new(UserClaim, UserId.ToString()), new(RoleClaim, Role) };
        if (FamilyId is { } family)
        {
            claims.Add(new(FamilyClaim, family.ToString()));
        }

        return new(new ClaimsIdentity(claims, scheme, UserClaim, RoleClaim));
    }
}

/// <summary>The one place that decides who may read whose data (promise 6); row-level security repeats it in the database.</summary>
public static class AccessRule
{
    /// <summary>The owner, their family, and admins.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="ownerUserId">Whose data.</param>
    /// <param name="ownerFamilyId">The owner's family, if any.</param>
    public static bool CanRead(Caller caller, Guid ownerUserId, Guid? ownerFamilyId)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.UserId == ownerUserId || caller.IsAdmin || (ownerFamilyId is not null && caller.FamilyId == ownerFamilyId);
    }

    /// <summary>Commands (start, cancel, judge again) are the owner's and the admins'; family members only read.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="ownerUserId">Whose data.</param>
    public static bool CanCommand(Caller caller, Guid ownerUserId)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.UserId == ownerUserId || caller.IsAdmin;
    }

    /// <summary>Throws 403 unless the caller is admin.</summary>
    /// <param name="caller">Who asks.</param>
    public static void RequireAdmin(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (!caller.IsAdmin)
        {
            throw new ApiException(ApiErrorCodes.Forbidden, "This is for admins.");
        }
    }

    /// <summary>Throws 403 unless <see cref="CanRead"/>.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="ownerUserId">Whose data.</param>
    /// <param name="ownerFamilyId">The owner's family, if any.</param>
    public static void RequireRead(Caller caller, Guid ownerUserId, Guid? ownerFamilyId)
    {
        if (!CanRead(caller, ownerUserId, ownerFamilyId))
        {
            throw ApiErrors.Forbidden();
        }
    }

    /// <summary>Throws 403 unless <see cref="CanCommand"/>.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="ownerUserId">Whose data.</param>
    public static void RequireCommand(Caller caller, Guid ownerUserId)
    {
        if (!CanCommand(caller, ownerUserId))
        {
            throw ApiErrors.Forbidden();
        }
    }
}
