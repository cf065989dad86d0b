using System.Globalization;

namespace RLSquared.Tensors;

/// <summary>A device cannot give the memory that was asked for.</summary>
public sealed class DeviceOutOfMemoryException : OutOfMemoryException
{
    /// <summary>Says how much was asked of which device.</summary>
    /// <param name="bytes">What was asked for.</param>
    /// <param name="device">The device's name.</param>
    /// <param name="purpose">What it was for, such as <c>a tensor of shape [3, 4]</c>.</param>
    public DeviceOutOfMemoryException(Int128 bytes, string device, string purpose)
        : base($"{purpose} needs {Readable(bytes)} of memory, and the device '{device}' cannot give it; " +
            "make the network or the batch smaller") =>
        (Bytes, DeviceName) = (bytes > long.MaxValue ? long.MaxValue : (long)bytes, device);

    /// <summary>Bytes asked for; <see cref="long.MaxValue"/> if they were more.</summary>
    public long Bytes { get; }

    /// <summary>The device that was asked.</summary>
    public string DeviceName { get; }

    /// <summary>A number of bytes as people read it, such as <c>3.5 GiB</c>.</summary>
    static string Readable(Int128 bytes)
    {
        double size = (double)bytes;
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        int unit = 0;
        for (; size >= 1024 && unit < units.Length - 1; unit++)
            size /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{size:0.#} {units[unit]}");
    }
}
