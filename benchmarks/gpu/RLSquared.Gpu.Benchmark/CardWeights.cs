using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Gpu.Benchmark;

/// <summary>
/// All weights in one piece of the card's memory, in the order of the network's parameters, with gradients and Adam's
/// moments in pieces of the same layout: one launch each for the norm, the cut and the step.
/// </summary>
sealed class CardWeights : IDisposable
{
    readonly Accelerator accelerator;
    readonly Dictionary<string, (long Offset, Shape Shape)> places = [];
    readonly List<string> names = [];

    public CardWeights(Accelerator accelerator, ParameterSet parameters)
    {
        this.accelerator = accelerator;
        foreach (Parameter parameter in parameters.All)
        {
            names.Add(parameter.Name);
            places.Add(parameter.Name, (Count, parameter.Value.Shape));
            Count += (parameter.Value.Shape.Count + 63) / 64 * 64;
        }
        Values = Zeros();
        Gradients = Zeros();
        First = Zeros();
        Second = Zeros();
        Upload(parameters);
    }

    /// <summary>Numbers, with gaps.</summary>
    public long Count { get; }

    public nint Values { get; }

    public nint Gradients { get; }

    public nint First { get; }

    public nint Second { get; }

    public nint this[string name] => Values + (nint)(places[name].Offset * sizeof(float));

    public nint GradientOf(string name) => Gradients + (nint)(places[name].Offset * sizeof(float));

    public void Upload(ParameterSet parameters)
    {
        foreach (Parameter parameter in parameters.All)
            accelerator.Upload(Memory.Bytes(HostNumbers.Read(parameter.Value)), this[parameter.Name]);
    }

    public void Download(ParameterSet parameters)
    {
        foreach (Parameter parameter in parameters.All)
        {
            float[] values = new float[parameter.Value.Shape.Count];
            accelerator.Download(this[parameter.Name], Memory.Bytes(values));
            HostNumbers.Write(parameter.Value, values);
        }
    }

    public float[] ReadGradient(string name)
    {
        float[] values = new float[places[name].Shape.Count];
        accelerator.Download(GradientOf(name), Memory.Bytes(values));
        return values;
    }

    nint Zeros()
    {
        nint address = accelerator.Allocate(Count * sizeof(float));
        accelerator.Clear(address, Count * sizeof(float));
        return address;
    }

    /// <summary>The network whose first weights these are.</summary>
    public static Policy Network(CardRl2Options options) => Policy.Recurrent(
        Task(options).Spaces, new RecurrentPolicyOptions { Hidden = options.Hidden }, options.Seed);

    /// <summary>The task.</summary>
    public static BernoulliBandits Task(CardRl2Options options) =>
        new(new BernoulliBanditsOptions { Arms = options.Arms, Pulls = options.Pulls });

    public void Dispose()
    {
        foreach (nint address in (nint[])[Values, Gradients, First, Second])
            accelerator.Free(address);
    }
}
