using RLSquared.MuJoCo.Native;

namespace RLSquared.MuJoCo;

/// <summary>
/// A <see cref="PhysicsModel"/> that moves. Write <see cref="Controls"/>, call <see cref="Step"/>, read
/// <see cref="Positions"/> and <see cref="Velocities"/>; nothing allocates. One thread at a time may use it; two
/// simulations of one model may run on two threads.
/// </summary>
public sealed unsafe class Simulation : IDisposable
{
    readonly Library library;
    readonly nint modelPointer;
    readonly double* positions, velocities, controls, warmStart, bodyPositions, externalForces;
    readonly int positionCount, velocityCount, controlCount, bodyCount;
    nint data;

    /// <summary>Room for one simulation of a model, at its start.</summary>
    /// <exception cref="PhysicsException">There is not enough memory.</exception>
    public Simulation(PhysicsModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        (Model, library, modelPointer) = (model, model.Library, model.Pointer);
        data = library.MakeData(modelPointer);
        (positionCount, velocityCount) = (model.PositionCount, model.VelocityCount);
        (controlCount, bodyCount) = (model.ControlCount, model.BodyCount);
        StructureLayout layout = library.Layout;
        positions = Numbers(layout.Positions);
        velocities = Numbers(layout.Velocities);
        controls = Numbers(layout.Controls);
        warmStart = Numbers(layout.WarmStart);
        bodyPositions = Numbers(layout.BodyPositions);
        externalForces = Numbers(layout.ExternalForces);
    }

    /// <summary>Frees a simulation that was not disposed of.</summary>
    ~Simulation() => Free();

    /// <summary>What moves.</summary>
    public PhysicsModel Model { get; }

    /// <summary>How it stands, [nq]; may be written.</summary>
    public Span<double> Positions => Row(positions, positionCount);

    /// <summary>How it moves, [nv]; may be written.</summary>
    public Span<double> Velocities => Row(velocities, velocityCount);

    /// <summary>What the motors are told, [nu]; to be written before a step.</summary>
    public Span<double> Controls => Row(controls, controlCount);

    /// <summary>Where the bodies are in space, [nbody, 3], as of the last <see cref="Forward"/> or step.</summary>
    public ReadOnlySpan<double> BodyPositions => Row(bodyPositions, 3 * bodyCount);

    /// <summary>
    /// The torque and force on each body from outside, [nbody, 6], as of the last <see cref="ComputeForces"/>.
    /// </summary>
    public ReadOnlySpan<double> ExternalForces => Row(externalForces, 6 * bodyCount);

    /// <summary>Seconds since the start.</summary>
    public double Time => *(double*)(Bytes + library.Layout.Time);

    /// <summary>Contacts between shapes as of the last step.</summary>
    public int ContactCount => *(int*)(Bytes + library.Layout.ContactCount);

    /// <summary>
    /// How often MuJoCo found a position, a velocity or an acceleration that is not finite or beyond all measure. It
    /// then puts the simulation back to its start by itself, so what it says after such a step means nothing.
    /// </summary>
    public int Divergences => Warnings(StructureLayout.BadPosition) + Warnings(StructureLayout.BadVelocity) +
        Warnings(StructureLayout.BadAcceleration);

    /// <summary>How often a control was not finite; MuJoCo then takes all controls as 0.</summary>
    public int BadControls => Warnings(StructureLayout.BadControl);

    // With this, positions, velocities and controls are all that the next step depends on: one simulation can play
    // many lanes in turn.
    internal Span<double> WarmStart => Row(warmStart, velocityCount);

    /// <summary>Puts it back to its start: initial positions, no motion, no control.</summary>
    public void Reset()
    {
        library.Reset(modelPointer, Data);
        GC.KeepAlive(this);
    }

    /// <summary>Computes what follows from positions, velocities and controls, without going on in time.</summary>
    public void Forward()
    {
        library.Forward(modelPointer, Data);
        GC.KeepAlive(this);
    }

    /// <summary>Goes on in time, with the same controls.</summary>
    /// <param name="steps">How many time steps of the model.</param>
    public void Step(int steps = 1)
    {
        library.Step(modelPointer, Data, steps);
        GC.KeepAlive(this);
    }

    /// <summary>Computes <see cref="ExternalForces"/>, which a step leaves out.</summary>
    public void ComputeForces()
    {
        library.ComputeForces(modelPointer, Data);
        GC.KeepAlive(this);
    }

    /// <summary>Frees its memory.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    nint Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(data == 0, this);
            return data;
        }
    }

    byte* Bytes => (byte*)Data;

    void Free()
    {
        if (data != 0)
            library.DeleteData(data);
        data = 0;
    }

    double* Numbers(int offset) => *(double**)(Bytes + offset);

    Span<double> Row(double* first, int length)
    {
        ObjectDisposedException.ThrowIf(data == 0, this);
        return new Span<double>(first, length);
    }

    int Warnings(int kind) => ((int*)(Bytes + library.Layout.Warnings))[2 * kind + 1];
}
