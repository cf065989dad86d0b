using System.Runtime.CompilerServices;
using System.Text;
using RLSquared.MuJoCo.Native;

namespace RLSquared.MuJoCo;

/// <summary>
/// A body with its joints and motors, compiled from MuJoCo's XML format (MJCF). It does not change, so any number of
/// <see cref="Simulation"/>s on any number of threads share one.
/// </summary>
public sealed unsafe class PhysicsModel : IDisposable
{
    nint model;

    internal PhysicsModel(Library library, ReadOnlySpan<byte> xml, string name)
    {
        (Library, Name) = (library, name);
        model = library.LoadModel(xml, name);
    }

    /// <summary>Frees a model that was not disposed of.</summary>
    ~PhysicsModel() => Free();

    /// <summary>Compiles a model from MJCF text.</summary>
    /// <param name="xml">The text.</param>
    /// <param name="name">What the model is called in messages.</param>
    /// <exception cref="PhysicsException">MuJoCo is not found, or the text has an error.</exception>
    public static PhysicsModel Parse(string xml, string name)
    {
        ArgumentNullException.ThrowIfNull(xml);
        return new PhysicsModel(Library.Shared, Encoding.UTF8.GetBytes(xml), name);
    }

    /// <summary>Compiles a model from an MJCF file.</summary>
    /// <param name="path">The file. What it includes is not read: it must stand for itself.</param>
    /// <exception cref="PhysicsException">
    /// MuJoCo is not found, the file cannot be read, or it has an error; the message says which.
    /// </exception>
    public static PhysicsModel Load(string path)
    {
        try
        {
            return new PhysicsModel(Library.Shared, File.ReadAllBytes(path), path);
        }
        catch (Exception failure) when (
            failure is not PhysicsException and (IOException or UnauthorizedAccessException))
        {
            throw new PhysicsException($"the model {path} cannot be read: {failure.Message}", failure);
        }
    }

    /// <summary>What the model is called in messages.</summary>
    public string Name { get; }

    /// <summary>Numbers that say how it stands, nq: one per hinge or slide, seven for a free body.</summary>
    public int PositionCount => Count(Library.Layout.PositionCount);

    /// <summary>Numbers that say how it moves, nv: one per hinge or slide, six for a free body.</summary>
    public int VelocityCount => Count(Library.Layout.VelocityCount);

    /// <summary>Motors, nu.</summary>
    public int ControlCount => Count(Library.Layout.ControlCount);

    /// <summary>Bodies, nbody, of which body 0 is the world.</summary>
    public int BodyCount => Count(Library.Layout.BodyCount);

    /// <summary>Joints, njnt.</summary>
    public int JointCount => Count(Library.Layout.JointCount);

    /// <summary>Shapes, ngeom.</summary>
    public int ShapeCount => Count(Library.Layout.ShapeCount);

    /// <summary>Seconds of one time step.</summary>
    public double TimeStep
    {
        get
        {
            double seconds = *(double*)((byte*)Pointer + Library.Layout.TimeStep);
            GC.KeepAlive(this);
            return seconds;
        }
    }

    /// <summary>How it stands at the start, [nq].</summary>
    public double[] InitialPositions => Copy(Library.Layout.InitialPositions, PositionCount);

    /// <summary>Masses of the bodies in kilograms, [nbody].</summary>
    public double[] BodyMasses => Copy(Library.Layout.BodyMasses, BodyCount);

    /// <summary>Stiffness of the springs in the joints, [njnt].</summary>
    public double[] JointStiffnesses => Copy(Library.Layout.JointStiffnesses, JointCount);

    /// <summary>
    /// The lowest and the highest position of each joint, [njnt, 2]; 0 and 0 where there is no limit.
    /// </summary>
    public double[] JointRanges => Copy(Library.Layout.JointRanges, 2 * JointCount);

    /// <summary>Damping of each motion, [nv].</summary>
    public double[] Dampings => Copy(Library.Layout.Dampings, VelocityCount);

    /// <summary>The force or torque of a full control, [nu].</summary>
    public double[] Gears
    {
        get
        {
            double[] all = Copy(Library.Layout.Gears, 6 * ControlCount);        // six directions a motor
            return [.. Enumerable.Range(0, ControlCount).Select(motor => all[6 * motor])];
        }
    }

    internal Library Library { get; }

    internal nint Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(model == 0, this);
            return model;
        }
    }

    /// <summary>Frees the model. Simulations of it must not be used any more.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void Free()
    {
        if (model != 0)
            Library.DeleteModel(model);
        model = 0;
    }

    int Count(int offset)
    {
        int count = *(int*)((byte*)Pointer + offset);
        GC.KeepAlive(this);
        return count;
    }

    double[] Copy(int offset, int length)
    {
        double[] copy = new Span<double>(*(void**)((byte*)Pointer + offset), length).ToArray();
        GC.KeepAlive(this);
        return copy;
    }
}
