#pragma warning disable CS1591, CA1305, CA1822
using RLSquared.Tensors.Random;
namespace RLSquared.Tensors.Layers {
public sealed class Linear { readonly Parameter w,b; public Linear(ParameterSet ps,string name,int i,int o,RandomKey r,float gain=1,bool wn=false){ w=ps.Add(name+".weight",new Shape(i,o)); b=ps.Add(name+".bias",new Shape(o)); var q=(r with{Trial=(ulong)ps.All.Count}).Sequence(0); foreach(ref float v in w.Value.Span) v=(float)(gain*q.NextNormal()/Math.Sqrt(i)); }
 public Tensor Forward(Tensor x)=>x.MatMul(x.Tape!.Watch(w))+x.Tape!.Watch(b); }
public sealed class LayerNorm { readonly Parameter g,b; public LayerNorm(ParameterSet ps,string name,int h){ g=ps.Add(name+".gain",new Shape(h)); b=ps.Add(name+".bias",new Shape(h)); g.Value.Span.Fill(1);} public Tensor Forward(Tensor x)=>x.LayerNormalise(x.Tape!.Watch(g),x.Tape!.Watch(b)); }
public static class Initialisers { 
 public static void Xavier(Tensor t,int fi,int fo,ref RandomSequence q){ double a=Math.Sqrt(6.0/(fi+fo)); foreach(ref float v in t.Span) v=(float)((q.NextUniform()*2-1)*a);} 
 public static void Orthogonal(Tensor t,int col,int cols,float gain,ref RandomSequence q){ int n=t.Shape.Rows; var m=new double[cols][]; for(int j=0;j<cols;j++){ var v=new double[n]; for(int i=0;i<n;i++) v[i]=q.NextNormal(); for(int p=0;p<j;p++){ double d=0; for(int i=0;i<n;i++) d+=v[i]*m[p][i]; for(int i=0;i<n;i++) v[i]-=d*m[p][i]; } double s=0; for(int i=0;i<n;i++) s+=v[i]*v[i]; s=Math.Sqrt(s); for(int i=0;i<n;i++) v[i]/=s; m[j]=v; for(int i=0;i<n;i++) t.Span[i*t.Shape.Columns+col+j]=(float)(gain*v[i]); } } }
}
namespace RLSquared.Tensors.Statistics {
public sealed class RunningMoments { readonly double rate; readonly Arena a=new(); readonly Tensor t; public RunningMoments(double rate){ this.rate=rate; t=a.Zeros(new Shape(3)); t.Span[1]=1; }
 public float Mean=>t.Span[0]; public float Deviation=>t.Span[1];
 public void Update(ReadOnlySpan<float> x,ReadOnlySpan<float> w){ double n=0,s=0,s2=0; for(int i=0;i<x.Length;i++){ n+=w[i]; s+=w[i]*x[i]; s2+=w[i]*(double)x[i]*x[i]; } double m=s/n, d=Math.Sqrt(Math.Max(1e-8,s2/n-m*m)); double k=t.Span[2]==0?1:1-rate; t.Span[2]=1; t.Span[0]+=(float)(k*(m-t.Span[0])); t.Span[1]+=(float)(k*(d-t.Span[1])); }
 public IEnumerable<(string,Tensor)> State=>[("returns.moments",t)]; }
}
namespace RLSquared.Tensors.Optimisers {
public readonly record struct Schedule(int Kind){ public static Schedule Constant=>new(0); public static Schedule Linear=>new(1); public float At(double p)=>Kind==0?1:Kind==1?(float)Math.Max(0,1-p):(float)(0.5+0.5*Math.Cos(Math.PI*Math.Min(1,p))); public static Schedule Parse(string s)=>new(s=="constant"?0:s=="linear"?1:2); public override string ToString()=>Kind==0?"constant":Kind==1?"linear":"cosine"; }
public static class GradientClipping { public static double Clip(ParameterSet ps,float norm,float element){ double s=0; foreach(var p in ps.All) foreach(float g in p.Gradient.Span) s+=g*g; s=Math.Sqrt(s); if(norm>0&&s>norm){ float k=(float)(norm/s); foreach(var p in ps.All) System.Numerics.Tensors.TensorPrimitives.Multiply(p.Gradient.Span,k,p.Gradient.Span);} return s; } }
public sealed class Adam : IDisposable { readonly ParameterSet ps; readonly Arena a=new(); readonly List<(Tensor m,Tensor v)> st=[]; public long Steps{get;set;} public Adam(ParameterSet ps){ this.ps=ps; foreach(var p in ps.All) st.Add((a.Zeros(p.Value.Shape),a.Zeros(p.Value.Shape))); }
 public void Step(float lr){ Steps++; float c1=(float)(1-Math.Pow(.9,Steps)), c2=(float)(1-Math.Pow(.999,Steps)); for(int k=0;k<st.Count;k++){ var x=ps.All[k].Value.Span; var g=ps.All[k].Gradient.Span; var m=st[k].m.Span; var v=st[k].v.Span; 
  int w=System.Numerics.Vector<float>.Count; int i=0; var vm=System.Runtime.InteropServices.MemoryMarshal.Cast<float,System.Numerics.Vector<float>>(m); var vv=System.Runtime.InteropServices.MemoryMarshal.Cast<float,System.Numerics.Vector<float>>(v); var vg=System.Runtime.InteropServices.MemoryMarshal.Cast<float,System.Numerics.Vector<float>>(g); var vx=System.Runtime.InteropServices.MemoryMarshal.Cast<float,System.Numerics.Vector<float>>(x);
  var e=new System.Numerics.Vector<float>(1e-8f);
  for(int j=0;j<vx.Length;j++){ vm[j]=vm[j]*.9f+vg[j]*.1f; vv[j]=vv[j]*.999f+vg[j]*vg[j]*.001f; vx[j]-=vm[j]*(lr/c1)/(System.Numerics.Vector.SquareRoot(vv[j]*(1/c2))+e); }
  for(i=vx.Length*w;i<x.Length;i++){ m[i]=m[i]*.9f+g[i]*.1f; v[i]=v[i]*.999f+g[i]*g[i]*.001f; x[i]-=m[i]*(lr/c1)/(MathF.Sqrt(v[i]/c2)+1e-8f);} } }
 public IEnumerable<(string,Tensor)> State{get{ for(int k=0;k<st.Count;k++){ yield return (ps.All[k].Name+".m",st[k].m); yield return (ps.All[k].Name+".v",st[k].v);} } }
 public void Dispose()=>a.Dispose(); }
}
