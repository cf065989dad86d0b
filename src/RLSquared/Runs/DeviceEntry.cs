using RLSquared.Tensors.Devices;

namespace RLSquared.Runs;

/// <summary>A device that users can name with <c>--device</c>.</summary>
/// <param name="Name">The name; a run's configuration holds it, for the bits of a run depend on it.</param>
/// <param name="Description">What it is, in one line.</param>
/// <param name="Open">
/// Opens it. What is returned is disposed with the run, if it can be. Throws <see cref="OptionException"/> where there
/// is no such device, with a sentence that says why.
/// </param>
internal sealed record DeviceEntry(string Name, string Description, Func<Device> Open)
{
    /// <summary>The processor, on which everything can be trained.</summary>
    public static DeviceEntry Cpu { get; } = new("cpu", "the processor", () => Device.Cpu);
}
