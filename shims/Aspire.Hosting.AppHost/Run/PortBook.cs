using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Run;

/// <summary>Ports are chosen free at the first run and kept; a taken one is replaced and said.</summary>
internal sealed class PortBook(DataDirectory data, RunConsole console)
{
    private readonly HashSet<int> _given = [];

    public void Allocate(IResource resource)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var key = $"port:{resource.Name}/{endpoint.Name}";

            // A container's target port lies inside the container; a program's own is where it must listen.
            var wanted = endpoint.Port ?? (resource is ProjectResource ? endpoint.TargetPort : null)
                ?? (int.TryParse(data.GetSetting(key), CultureInfo.InvariantCulture, out var kept) ? kept : null);
            var port = wanted is { } w && IsFree(w, endpoint.TargetHost) && _given.Add(w) ? w : ChooseFree();
            if (wanted is not null && wanted != port)
            {
                console.Say($"Port {wanted} of {resource.Name}/{endpoint.Name} is taken by another program; using {port} instead.");
            }

            data.SetSetting(key, port.ToString(CultureInfo.InvariantCulture));
            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "localhost", port);
        }
    }

    public int ChooseFree()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            if (_given.Add(port))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port, string host)
    {
        try
        {
            using var listener = new TcpListener(host == "localhost" ? IPAddress.Loopback : IPAddress.Any, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
